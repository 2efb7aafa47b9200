"""The tests of `core`, folder by folder."""
