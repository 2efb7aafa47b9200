"""The HTTP adapter: requests become calls on the core, a run's result goes back as objects and events."""
