"""Who a text mentions, and who of them `allowed_mentions` lets be pinged."""

from __future__ import annotations

import re
from dataclasses import dataclass

from standins.discord.error import JSON, invalid

_USER = re.compile(r"<@!?(\d+)>")
_ROLE = re.compile(r"<@&(\d+)>")
_EVERYONE = re.compile(r"@(everyone|here)")
_CODE = re.compile(r"```.*?```|``.*?``|`[^`\n]*`", re.DOTALL)
_KINDS = ("users", "roles", "everyone")


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
        parse, users, roles = rule.get("parse", ()), _ids(rule, "users"), _ids(rule, "roles")
        return Mentions(
            tuple(u for u in self.users if "users" in parse or u in users),
            tuple(r for r in self.roles if "roles" in parse or r in roles),
            self.everyone and "everyone" in parse,
        )

    def labels(self) -> set[str]:
        """As tests read them: `user:1`, `role:2`, `everyone`."""
        people = {f"user:{u}" for u in self.users} | {f"role:{r}" for r in self.roles}
        return people | ({"everyone"} if self.everyone else set())


def check_allowed(rule: object) -> JSON | None:
    """The `allowed_mentions` of a request, refused where Discord refuses it."""
    if rule is None:
        return None
    if not isinstance(rule, dict):
        raise invalid("allowed_mentions", "DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType")
    parse = rule.get("parse") or []
    for index, kind in enumerate(parse):
        if kind not in _KINDS:
            path = f"allowed_mentions.parse.{index}"
            raise invalid(path, "BASE_TYPE_CHOICES", f"Value must be one of {_KINDS}.")
    for kind in ("users", "roles"):
        if kind in parse and rule.get(kind):
            message = f'parse:["{kind}"] and {kind}: [ids...] are mutually exclusive.'
            raise invalid("allowed_mentions", "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", message)
        if len(rule.get(kind) or []) > 100:
            raise invalid(f"allowed_mentions.{kind}", "BASE_TYPE_BAD_LENGTH", "Must be between 0 and 100.")
    return {**rule, "parse": parse}


def _ids(rule: JSON, kind: str) -> set[str]:
    return {str(value) for value in rule.get(kind) or ()}
