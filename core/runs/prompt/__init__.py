"""What a run asks the model with: history, what stood in the topic, the question and its files, tools."""
