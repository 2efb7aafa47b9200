"""What may be done, and what it costs."""
