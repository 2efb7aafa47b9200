"""People, the server that is always there, and a text channel in it: ids."""

ANN, BOB, CAT = (f"20000000000000000{number}" for number in (1, 2, 3))
GUILD, ROOM = "310000000000000001", "320000000000000001"
