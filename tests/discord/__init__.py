"""Spool on Discord, as people there see it: the product in process, the real discord.py, real sockets."""
