"""Function tools that only the demo has; they are written as an operator would write them."""
