"""A place for messages: a guild's text channel, a thread in one, or a DM."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from dataclasses import dataclass, field

from standins.discord.error import JSON, MISSING_ACCESS, UNKNOWN_MESSAGE, ApiError, Refusal
from standins.discord.guild import Guild, User, iso, moment
from standins.discord.message import Message

TEXT, DM, THREAD = 0, 1, 11
GUILD, BOT_DM, PRIVATE = 0, 1, 2
"""Where a command is used: the DM of the bot, or one between others."""
_READ, _WRITE = 1 << 10 | 1 << 16, 1 << 11 | 1 << 38


@dataclass(slots=True)
class Channel:
    """`guild` is None in a DM, `person` is None outside of one, `parent` is set for threads. `refusal`: how
    the bot is refused here, if it is. `readable`: it may read the message history. `opens`: it may open the
    thread when that is archived; a message of its opens it anyhow, unless it is `locked`. `others`: a DM that
    the bot is not in; people may have brought a command of it along.
    """

    id: str
    name: str
    guild: Guild | None = None
    parent: Channel | None = None
    person: User | None = None
    refusal: Refusal | None = None
    readable: bool = True
    archived: bool = False
    locked: bool = False
    opens: bool = True
    others: bool = False
    messages: dict[str, Message] = field(default_factory=dict)
    own: dict[str, Message] = field(default_factory=dict)  # the bot's messages among them
    _order: list[int] = field(default_factory=list)

    @property
    def kind(self) -> int:
        if self.guild is None:
            return DM
        return TEXT if self.parent is None else THREAD

    @property
    def context(self) -> int:
        return PRIVATE if self.others else BOT_DM if self.guild is None else GUILD

    @property
    def permissions(self) -> str:
        """What the bot may do here, as a command tells it."""
        seen = 0 if self.others or self.refusal == MISSING_ACCESS else _READ
        return str(seen | (0 if self.refusal or not seen else _WRITE))

    def add(self, message: Message, *, own: bool) -> None:
        insort(self._order, int(message.id))
        self.messages[message.id] = message
        if own:
            self.own[message.id] = message

    def find(self, message_id: str) -> Message:
        """Raises 10008 when there is no such message here (any more)."""
        try:
            return self.messages[message_id]
        except KeyError:
            raise ApiError(UNKNOWN_MESSAGE) from None

    def remove(self, message: Message) -> None:
        del self.messages[message.id]
        self.own.pop(message.id, None)
        del self._order[bisect_left(self._order, int(message.id))]

    def ordered(self) -> list[Message]:
        """Oldest first."""
        return [self.messages[str(number)] for number in self._order]

    def page(
        self, limit: int, before: int | None = None, after: int | None = None, around: int | None = None
    ) -> list[Message]:
        """At most `limit` messages next to one id, newest first, as REST lists them."""
        order = self._order
        if around is not None:
            middle = bisect_left(order, around)
            start = max(0, middle - limit // 2)
            chosen = order[start : start + limit]
        elif after is not None:
            start = bisect_right(order, after)
            chosen = order[start : start + limit]
        else:
            end = len(order) if before is None else bisect_left(order, before)
            chosen = order[max(0, end - limit) : end]
        return [self.messages[str(number)] for number in reversed(chosen)]

    def payload(self) -> JSON:
        newest = str(self._order[-1]) if self._order else None
        channel: JSON = {"id": self.id, "type": self.kind, "flags": 0, "last_message_id": newest}
        if self.person is not None:
            return {**channel, "recipients": [self.person.payload()]}
        assert self.guild is not None
        channel |= {"guild_id": self.guild.id, "name": self.name, "rate_limit_per_user": 0}
        if self.parent is None:
            place = {"position": 0, "nsfw": False, "topic": None, "parent_id": None}
            return {**channel, **place, "permission_overwrites": []}
        return {**channel, **self._thread(self.parent, self.guild)}

    def _thread(self, parent: Channel, guild: Guild) -> JSON:
        return {
            **{"parent_id": parent.id, "owner_id": guild.owner, "message_count": len(self._order)},
            **{"total_message_sent": len(self._order), "member_count": 2},
            "thread_metadata": {
                "archived": self.archived,
                "auto_archive_duration": 1440,
                "archive_timestamp": iso(moment(self.id)),
                "locked": self.locked,
            },
        }
