"""What Slack tells: messages in any shape, what was said before, and by what names people and channels go."""
