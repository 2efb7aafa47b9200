"""The simulator: what people do and see on the demo's Slack and Discord, in a browser, and what breaks."""
