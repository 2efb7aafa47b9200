"""`spool demo`: the real bot with its real SDKs, in a process of its own, against stand-ins on this machine.

This package imports nothing by itself: of two processes each has its own part of it.
"""
