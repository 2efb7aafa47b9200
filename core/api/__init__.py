"""What a client of the HTTP API may ask of the core: the same threads, messages and runs as in the chats.

Each method takes the `Key` of whoever asks and gives objects in the Assistants API's shapes (plain dicts,
ready for JSON). What is refused is raised as `Refusal`. One transaction each; returns ⇒ it is on disk.
"""
