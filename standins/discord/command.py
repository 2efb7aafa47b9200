"""Commands the bot registered, and uses of one or of a button: what the bot is told, what the person saw."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from standins.discord.channel import DM, PRIVATE, Channel
from standins.discord.error import COMMAND_QUOTA, JSON, TOO_MANY_COMMANDS, ApiError, invalid
from standins.discord.forms import CHAT, MESSAGE_MENU, USER_MENU
from standins.discord.guild import PERMISSIONS, User
from standins.discord.message import EPHEMERAL, Message

_MOST = {CHAT: 100, USER_MENU: 15, MESSAGE_MENU: 15}
_KEPT = ("name_localizations", "description_localizations", "integration_types", "contexts")
_PLAYED = {3: str, 4: int, 5: bool, 6: str, 10: float}  # string, integer, boolean, a user's id, number
_USER = 6
_LONGEST_VALUE = 6000


class Commands:
    """The registered commands; a PUT replaces them all. `creates_per_day`: of new ones."""

    def __init__(self, application_id: str, new_id: Callable[[], str], creates_per_day: int) -> None:
        self.all: list[JSON] = []
        self.syncs, self._application_id, self._new_id = 0, application_id, new_id
        self._creates_left = creates_per_day

    def replace(self, wanted: list[JSON]) -> list[JSON]:
        """Bulk overwrite with commands of good form. Those of the same name and type keep their id."""
        kinds = Counter(c.get("type", CHAT) for c in wanted)
        if any(count > _MOST[kind] for kind, count in kinds.items()):
            raise ApiError(TOO_MANY_COMMANDS)
        if len({_key(c) for c in wanted}) < len(wanted):
            code = "APPLICATION_COMMANDS_DUPLICATE_NAME"
            raise invalid("_misc", code, "Application command names must be unique")
        known = {_key(c): c for c in self.all}
        new = sum(_key(c) not in known for c in wanted)
        if new > self._creates_left:
            raise ApiError(COMMAND_QUOTA)
        self._creates_left -= new
        self.all = [self._registered(c, known.get(_key(c))) for c in wanted]
        self.syncs += 1
        return self.all

    def find(self, name: str, kind: int, place: Channel) -> JSON:
        """The command a person can use there; LookupError when Discord would not offer it."""
        for command in self.all:
            if (command["name"], command["type"]) == (name, kind):
                private = place.context == PRIVATE and 1 not in command["integration_types"]
                if private or place.context not in (command["contexts"] or (0, 1)):
                    raise LookupError(f"/{name} is not offered in a place of context {place.context}")
                return command
        raise LookupError(f"/{name} is not registered; there are {[c['name'] for c in self.all]}")

    def _registered(self, wanted: JSON, known: JSON | None) -> JSON:
        command: JSON = {
            **{"id": known["id"] if known else self._new_id(), "application_id": self._application_id},
            **{"version": "0", "type": wanted.get("type", CHAT), "name": wanted["name"]},
            "description": wanted.get("description", ""),
            "default_member_permissions": wanted.get("default_member_permissions"),
            **{"nsfw": wanted.get("nsfw", False), "dm_permission": wanted.get("dm_permission", True)},
        }
        command |= {name: wanted.get(name) for name in _KEPT}
        command["integration_types"] = command["integration_types"] or [0]
        if wanted.get("options"):
            command["options"] = wanted["options"]
        same = known is not None and {**known, "version": "0"} == command
        command["version"] = known["version"] if known and same else self._new_id()
        return command


def filled(options: list[JSON], values: Mapping[str, Any]) -> list[JSON]:
    """What the app is told of the values a person gave; LookupError where the client would not let them."""
    known = {option["name"]: option for option in options}
    missing = [name for name, option in known.items() if option.get("required") and name not in values]
    if missing:
        raise LookupError(f"the command needs {missing}")
    return [_filled(known, name, value) for name, value in values.items()]


def sent(form: JSON, values: Mapping[str, str]) -> JSON:
    """What the app is told of a form with what was typed into it; LookupError as above."""
    told: list[JSON] = []
    for number, label in enumerate(form["components"], start=1):
        field_, value = label["component"], values.get(label["component"]["custom_id"], "")
        if len(value) > field_.get("max_length", 4000) or (not value and field_.get("required", True)):
            raise LookupError(f"{value!r} does not fit into {field_['custom_id']!r}")
        typed = {"type": field_["type"], "id": 2 * number, "custom_id": field_["custom_id"], "value": value}
        told.append({"type": label["type"], "id": 2 * number - 1, "component": typed})
    return {"custom_id": form["custom_id"], "components": told}


def _filled(known: Mapping[str, JSON], name: str, value: Any) -> JSON:
    option = known.get(name)
    if option is None:
        raise LookupError(f"the command has no option {name!r}; there are {list(known)}")
    if type(value) is not _PLAYED.get(option["type"]):
        raise LookupError(f"{value!r} is no value for option {name!r} of type {option['type']}")
    if option["type"] == _USER and not str(value).isdecimal():
        raise LookupError(f"{value!r} is nobody's id")
    choices = [choice["value"] for choice in option.get("choices") or ()]
    if choices and value not in choices:
        raise LookupError(f"{value!r} is not among {choices}")
    if isinstance(value, str) and len(value) > option.get("max_length", _LONGEST_VALUE):
        raise LookupError(f"the value of {name!r} is too long")
    return {"name": name, "type": option["type"], "value": value}


def _key(command: JSON) -> tuple[str, int]:
    return command["name"], command.get("type", CHAT)


SLASH, PRESS, COMPLETE, SUBMIT = 2, 3, 4, 5
SAY, SAY_LATER, UPDATE_LATER, UPDATE, SUGGEST, FORM = 4, 5, 6, 7, 8, 9


@dataclass(frozen=True, slots=True)
class Reply:
    """What the person saw. `acked_after` is in seconds, None when `failed` (nothing came in time)."""

    acked_after: float | None
    text: str
    ephemeral: bool
    failed: bool
    kind: int  # the callback type (4 message, 5 thinking, 6 nothing, 7 it changed, 9 a form), 0 when failed
    components: list[JSON]
    form: JSON


@dataclass(slots=True, eq=False)
class Interaction:
    """`kind` is how a person used something, `callback` how the bot answered first. `source` is the message
    with the button, `original` what the callback made or changed. Times are monotonic.
    """

    id: str
    kind: int
    user: User
    channel: Channel
    source: Message | None
    token: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    original: Message | None = None
    followups: dict[str, Message] = field(default_factory=dict)
    acked: asyncio.Event = field(default_factory=asyncio.Event)
    shown: asyncio.Event = field(default_factory=asyncio.Event)
    acked_after: float | None = None
    callback: int = 0
    form: JSON = field(default_factory=dict)
    _born: float = field(default_factory=time.monotonic)

    @property
    def age(self) -> float:
        return time.monotonic() - self._born

    def owners(self) -> JSON:
        """Whose installation let it happen: the person's, the guild's, or in a DM the bot's own ("0")."""
        if self.channel.others:
            return {"1": self.user.id}
        return {"0": "0" if self.channel.guild is None else self.channel.guild.id}

    def payload(self, application_id: str, locale: str, data: JSON, viewer: User) -> JSON:
        guild, channel = self.channel.guild, self.channel.payload()
        event: JSON = {
            **{"id": self.id, "application_id": application_id, "type": self.kind, "token": self.token},
            **{"version": 1, "channel_id": self.channel.id},
            "channel": {**channel, "permissions": PERMISSIONS} if self.channel.kind != DM else channel,
            **{"data": data, "locale": locale, "entitlements": []},
            "app_permissions": self.channel.permissions,
            **{"attachment_size_limit": 10 * 1024 * 1024, "authorizing_integration_owners": self.owners()},
            "context": self.channel.context,
        }
        if self.source is not None:
            event["message"] = self.source.payload(viewer)
        if guild is None:
            return {**event, "user": self.user.payload()}
        member = {**guild.member(self.user), "user": self.user.payload(), "permissions": PERMISSIONS}
        about = {"id": guild.id, "locale": "en-US", "features": []}
        return {**event, "guild_id": guild.id, "guild": about, "guild_locale": "en-US", "member": member}

    def reply(self) -> Reply:
        said = self.original if self.callback in (SAY, SAY_LATER, UPDATE) else None
        return Reply(
            acked_after=self.acked_after,
            text="" if said is None else said.content,
            ephemeral=said is not None and bool(said.flags & EPHEMERAL),
            failed=not self.acked.is_set(),
            kind=self.callback,
            components=[] if said is None else said.components,
            form=self.form,
        )
