"""The tests of the project itself: its files, its rules."""
