"""A person or a bot, as other accounts see it."""

from __future__ import annotations

from dataclasses import dataclass

from standins.discord.error import JSON


@dataclass(frozen=True, slots=True)
class User:
    """An account. `locale` is what interactions of that person carry unless told otherwise.

    `reads_all`: a bot that is shown the text of messages which do not concern it.
    """

    id: str
    name: str
    bot: bool = False
    locale: str = "en-US"
    reads_all: bool = False

    def payload(self) -> JSON:
        user: JSON = {
            "id": self.id,
            "username": self.name,
            "discriminator": "4242" if self.bot else "0",
            "global_name": None if self.bot else self.name,
            "avatar": None,
            "public_flags": 0,
        }
        if self.bot:
            user["bot"] = True
        return user
