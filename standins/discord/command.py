"""Global application commands: what the bot registered, checked as Discord checks it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

from standins.discord import option
from standins.discord.error import (
    COMMAND_QUOTA,
    JSON,
    TOO_MANY_COMMANDS,
    ApiError,
    invalid,
    required,
    too_long,
)

CHAT, USER_MENU, MESSAGE_MENU = 1, 2, 3
_NAME = re.compile(r"[-_'\w]{1,32}")
_MOST = {CHAT: 100, USER_MENU: 15, MESSAGE_MENU: 15}
_KEPT = ("options", "name_localizations", "description_localizations", "integration_types", "contexts")


class Commands:
    """The registered commands; a PUT replaces them all."""

    def __init__(self, application_id: str, new_id: Callable[[], str], creates_per_day: int) -> None:
        self.all: list[JSON] = []
        self.syncs = 0
        self._application_id = application_id
        self._new_id = new_id
        self._creates_left = creates_per_day

    def replace(self, wanted: object) -> list[JSON]:
        """Bulk overwrite. Commands of the same name and type keep their id."""
        if not isinstance(wanted, list) or not all(isinstance(c, dict) for c in wanted):
            raise invalid("_misc", "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
        for index, command in enumerate(wanted):
            _check(command, str(index))
        _check_counts(wanted)
        known = {_key(c): c for c in self.all}
        new = sum(_key(c) not in known for c in wanted)
        if new > self._creates_left:
            raise ApiError(*COMMAND_QUOTA)
        self._creates_left -= new
        self.all = [self._registered(c, known.get(_key(c))) for c in wanted]
        self.syncs += 1
        return self.all

    def find(self, name: str, kind: int, *, in_dm: bool) -> JSON:
        """The command a person can use there; LookupError when Discord would not offer it."""
        for command in self.all:
            if (command["name"], command["type"]) == (name, kind):
                if (0, 1)[in_dm] not in (command["contexts"] or (0, 1)):
                    raise LookupError(f"/{name} is not offered {'in DMs' if in_dm else 'in guilds'}")
                return command
        raise LookupError(f"/{name} is not registered; there are {[c['name'] for c in self.all]}")

    def _registered(self, wanted: JSON, known: JSON | None) -> JSON:
        command: JSON = {
            "id": known["id"] if known else self._new_id(),
            "application_id": self._application_id,
            "version": "0",
            "type": wanted.get("type", CHAT),
            "name": wanted["name"],
            "description": wanted.get("description", ""),
            "default_member_permissions": wanted.get("default_member_permissions"),
            "nsfw": wanted.get("nsfw", False),
            "dm_permission": wanted.get("dm_permission", True),
        }
        command |= {name: wanted.get(name) for name in _KEPT if name != "options"}
        command["integration_types"] = command["integration_types"] or [0]
        if wanted.get("options"):
            command["options"] = wanted["options"]
        same = known is not None and {**known, "version": "0"} == command
        command["version"] = known["version"] if known and same else self._new_id()
        return command


def _key(command: JSON) -> tuple[str, int]:
    return command["name"], command.get("type", CHAT)


def _check(command: JSON, path: str) -> None:
    kind, name = command.get("type", CHAT), command.get("name")
    if kind not in _MOST:
        raise invalid(f"{path}.type", "BASE_TYPE_CHOICES", "Value must be one of (1, 2, 3).")
    if not name:
        raise required(f"{path}.name")
    if len(name) > 32:
        raise too_long(f"{path}.name", 32)
    if kind == CHAT and (not _NAME.fullmatch(name) or name != name.lower()):
        code = "APPLICATION_COMMAND_INVALID_NAME"
        raise invalid(f"{path}.name", code, "Command name is invalid")
    description = command.get("description") or ""
    if kind == CHAT and not description:
        raise required(f"{path}.description")
    if len(description) > 100:
        raise too_long(f"{path}.description", 100)
    if kind != CHAT and description:
        code = "APPLICATION_COMMAND_DESCRIPTION_NOT_ALLOWED"
        raise invalid(f"{path}.description", code, "Context menu commands cannot have a description")
    if command.get("options"):
        option.check(command["options"], f"{path}.options")


def _check_counts(wanted: list[JSON]) -> None:
    kinds = Counter(c.get("type", CHAT) for c in wanted)
    if any(count > _MOST[kind] for kind, count in kinds.items()):
        raise ApiError(*TOO_MANY_COMMANDS)
    if len({_key(c) for c in wanted}) < len(wanted):
        code = "APPLICATION_COMMANDS_DUPLICATE_NAME"
        raise invalid("_misc", code, "Application command names must be unique")
