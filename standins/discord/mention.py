"""Who a text mentions, and who of them `allowed_mentions` lets be pinged."""

from __future__ import annotations

import re
from dataclasses import dataclass

from standins.discord.error import JSON

_USER = re.compile(r"<@!?(\d+)>")
_ROLE = re.compile(r"<@&(\d+)>")
_EVERYONE = re.compile(r"@(everyone|here)")
_CODE = re.compile(r"```.*?```|``.*?``|`[^`\n]*`", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Mentions:
    """Ids of the users and roles a text names, each once, and whether it calls everyone."""

    users: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    everyone: bool = False

    @staticmethod
    def by_person(text: str) -> Mentions:
        """What Discord sees in a person's text: nothing inside of code."""
        return Mentions.in_text(_CODE.sub("", text))

    @staticmethod
    def in_text(text: str) -> Mentions:
        """Everything that looks like a mention, also in code: the careful reading for the bot's posts."""
        if "@" not in text:
            return Mentions()
        users = tuple(dict.fromkeys(_USER.findall(text)))
        roles = tuple(dict.fromkeys(_ROLE.findall(text)))
        return Mentions(users, roles, _EVERYONE.search(text) is not None)

    def allowed(self, rule: JSON | None) -> Mentions:
        """What is left under an `allowed_mentions` object. None (absent): everything."""
        if rule is None:
            return self
        parse, users, roles = rule.get("parse") or (), _ids(rule, "users"), _ids(rule, "roles")
        return Mentions(
            tuple(u for u in self.users if "users" in parse or u in users),
            tuple(r for r in self.roles if "roles" in parse or r in roles),
            self.everyone and "everyone" in parse,
        )

    def labels(self) -> set[str]:
        """As tests read them: `user:1`, `role:2`, `everyone`."""
        people = {f"user:{u}" for u in self.users} | {f"role:{r}" for r in self.roles}
        return people | ({"everyone"} if self.everyone else set())


def _ids(rule: JSON, kind: str) -> set[str]:
    return {str(value) for value in rule.get(kind) or ()}
