"""The tests of `core.store`."""
