"""A message as the stand-in stores it and a test reads it, whom it mentions, and as the bot is shown it."""

from __future__ import annotations

import re
import time
from collections import deque
from dataclasses import dataclass, field

from standins.discord.attachment import Attachment
from standins.discord.error import JSON
from standins.discord.guild import Guild, User, iso, moment

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


DEFAULT, REPLY, COMMAND = 0, 19, 20
SUPPRESS_EMBEDS, EPHEMERAL, LOADING, SILENT, VOICE = 1 << 2, 1 << 6, 1 << 7, 1 << 12, 1 << 13
_LINK = re.compile(r"(?<!<)https?://\S")


@dataclass(slots=True)
class Message:
    """One message. `channel` is an id, `guild` None in a DM."""

    id: str
    channel: str
    author: User
    content: str
    guild: Guild | None = None
    kind: int = DEFAULT
    mentions: tuple[User, ...] = ()  # the people it really mentions, after `allowed_mentions`
    mention_roles: tuple[str, ...] = ()
    mention_everyone: bool = False
    reference: str | None = None  # the message it answers, by its id; `quoted` where it was there
    quoted: Message | None = None
    nonce: str | int | None = None
    components: list[JSON] = field(default_factory=list)
    embeds: list[JSON] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    stickers: list[JSON] = field(default_factory=list)
    flags: int = 0
    edited_at: float | None = None
    deleted: bool = False
    interaction: JSON | None = None  # who asked for it by a command or a button, where somebody did
    application_id: str = ""
    allowed_mentions: JSON | None = None  # as the last write had it; None when that write had none
    pinged: frozenset[str] = frozenset()
    """Whom any of its texts could have pinged: `user:ID`, `role:ID`, `everyone`."""
    reply_ping: bool = False  # true when answering pinged the author of the message answered
    previewed: bool = False  # true when a link of it was once open to be previewed
    late_edits: int = 0
    versions: list[tuple[float, str]] = field(default_factory=list)
    """Every text it had, with the time (monotonic) it was written."""

    @property
    def embeds_suppressed(self) -> bool:
        return bool(self.flags & SUPPRESS_EMBEDS)

    def record(self, allowed: JSON | None) -> None:
        """Remember the text as it stands now, and what it would have done to people."""
        self.versions.append((time.monotonic(), self.content))
        self.allowed_mentions = allowed
        self.pinged |= Mentions.in_text(self.content).allowed(allowed).labels()
        if not self.embeds_suppressed and _LINK.search(self.content):
            self.previewed = True

    def payload(self, viewer: User, *, nested: bool = True) -> JSON:
        """What REST tells `viewer`, a bot with or without the message content intent."""
        shown = self._shown_to(viewer)
        message: JSON = {
            **{"id": self.id, "channel_id": self.channel, "type": self.kind, "author": self.author.payload()},
            **{"content": self.content if shown else "", "timestamp": iso(moment(self.id))},
            **{"edited_timestamp": None if self.edited_at is None else iso(self.edited_at), "tts": False},
            "mention_everyone": self.mention_everyone,
            "mentions": [user.payload() for user in self.mentions],
            "mention_roles": list(self.mention_roles),
            "attachments": [a.payload() for a in self.attachments] if shown else [],
            **{"embeds": self.embeds if shown else [], "components": self.components if shown else []},
            **{"pinned": False, "flags": self.flags},
        }
        return message | self._sometimes(viewer, nested)

    def event(self, viewer: User) -> JSON:
        """What the gateway tells: REST's object plus the guild and the memberships. Ephemeral messages come
        without them, in guilds too.
        """
        message = self.payload(viewer)
        guild = self.guild
        if guild is None or self.flags & EPHEMERAL:
            return message
        message["guild_id"] = guild.id
        message["member"] = guild.member(self.author)
        message["mentions"] = [{**u.payload(), "member": guild.member(u)} for u in self.mentions]
        return message

    def _shown_to(self, viewer: User) -> bool:
        own = self.author.id == viewer.id
        concerned = own or self.guild is None or any(u.id == viewer.id for u in self.mentions)
        return concerned or viewer.reads_all

    def _sometimes(self, viewer: User, nested: bool) -> JSON:
        extra: JSON = {}
        if self.stickers:
            extra["sticker_items"] = self.stickers
        if self.interaction is not None:
            extra["interaction_metadata"] = self.interaction
            extra["application_id"] = extra["webhook_id"] = self.application_id
        if self.reference is not None:
            extra |= self._reply(viewer, nested)
        return extra

    def _reply(self, viewer: User, nested: bool) -> JSON:
        reference: JSON = {"type": 0, "channel_id": self.channel, "message_id": self.reference}
        if self.guild is not None:
            reference["guild_id"] = self.guild.id
        if not nested:
            return {"message_reference": reference}
        quoted = None if self.quoted is None or self.quoted.deleted else self.quoted
        shown = None if quoted is None else quoted.payload(viewer, nested=False)
        return {"message_reference": reference, "referenced_message": shown}


class Nonces:
    """Keyed by author and nonce, in all channels together. `window` is in seconds."""

    def __init__(self, window: float) -> None:
        self._window = window
        self._known: dict[tuple[str, str], Message] = {}
        self._ages: deque[tuple[float, tuple[str, str]]] = deque()

    def find(self, author: str, nonce: str | int | None) -> Message | None:
        """The message sent with it before, which may have been deleted since."""
        oldest = time.monotonic() - self._window
        while self._ages and self._ages[0][0] < oldest:
            del self._known[self._ages.popleft()[1]]
        return None if nonce is None else self._known.get((author, str(nonce)))

    def add(self, message: Message) -> None:
        key = (message.author.id, str(message.nonce))
        if message.nonce is not None and key not in self._known:
            self._known[key] = message
            self._ages.append((time.monotonic(), key))
