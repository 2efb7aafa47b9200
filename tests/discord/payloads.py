"""Messages as Discord's gateway tells them, without what nobody reads."""

from __future__ import annotations

from typing import Any

from bots.discord.events import read
from bots.intake.said import Said
from tests.discord.people import ANN, GUILD, ROOM

ME, ROLE, DM = "1100000000000000002", "330000000000000009", "340000000000000001"
BOT = f"<@{ME}>"


def heard(content: str, **more: Any) -> Said:
    """A message of Ann's in a server, that mentions the bot where its text does."""
    author = {"id": ANN, "username": "ann", "global_name": "Ann"}
    payload = {"id": "1574000000000000009", "channel_id": ROOM, "guild_id": GUILD, "author": author}
    mentions = [{"id": ME}] if ME in content and "`" not in content else []
    told = {**payload, "mentions": mentions, "content": content, **more}
    said = read(told, ME, ROLE, known=lambda token: "#six" if token == "#6" else "")
    assert said is not None
    return said
