"""What every request passes on its way to a handler: who asks, from where, how much, and in which shape."""
