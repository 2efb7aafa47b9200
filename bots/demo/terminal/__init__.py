"""What the demo is at a terminal, or behind a pipe: a person who writes, and sees what the bot posts."""
