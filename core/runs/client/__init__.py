"""Runs of clients of the API: what they may set, what is seen of them, who is told, and when they end."""
