"""A conversation: who is in it, its messages and its threads."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from standins.slack.message import Message
from standins.slack.wire import Json, refuse

_KINDS = {"C": "channel", "G": "group", "D": "im"}
_SCOPES = {"channel": "channels", "group": "groups"}


def by_order(message: Message) -> int:
    return message.order


@dataclass(eq=False)
class Channel:
    """Messages are kept in the order of their ts; `posts` are those of the app."""

    id: str
    kind: str = ""
    members: set[str] = field(default_factory=set)
    bot_in: bool = True
    name: str = ""
    main: list[Message] = field(default_factory=list)
    threads: dict[str, list[Message]] = field(default_factory=dict)
    posts: list[Message] = field(default_factory=list)
    thread_posts: dict[str, list[Message]] = field(default_factory=dict)
    by_ts: dict[str, Message] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.kind = self.kind or _KINDS.get(self.id[:1], "channel")

    @property
    def is_direct(self) -> bool:
        return self.kind == "im"

    @property
    def scope(self) -> str:
        """How the scopes for such conversations begin."""
        return _SCOPES.get(self.kind, self.kind)

    def add(self, message: Message, *, own: bool) -> None:
        message.seen()
        self.by_ts[message.ts] = message
        if message.is_reply:
            self.threads.setdefault(message.root, []).append(message)
        if not message.is_reply or message.broadcast:
            self.main.append(message)
        if own:
            self.posts.append(message)
            self.thread_posts.setdefault(message.root, []).append(message)

    def remove(self, message: Message) -> None:
        del self.by_ts[message.ts]
        there = [by_root.get(message.root, []) for by_root in (self.threads, self.thread_posts)]
        for messages in (self.main, self.posts, *there):
            if message in messages:
                messages.remove(message)

    def thread(self, args: Json) -> str | None:
        """The thread that a call names, None for none. ApiError thread_not_found."""
        thread_ts: str | None = args.get("thread_ts") or None
        refuse(thread_ts is not None and thread_ts not in self.by_ts, "thread_not_found")
        return thread_ts

    def everything(self) -> list[Message]:
        return sorted(self.by_ts.values(), key=by_order)

    def raw(self, message: Message, *, metadata: bool = True) -> Json:
        """The message as history gives it, with what its thread adds."""
        raw = message.raw(metadata=metadata)
        if message.is_reply and (root := self.by_ts.get(message.root)) is not None:
            raw["parent_user_id"] = root.user
        if replies := self.threads.get(message.ts):
            users = list(dict.fromkeys(reply.user for reply in replies))
            raw |= {
                **{"thread_ts": message.ts, "reply_count": len(replies), "reply_users_count": len(users)},
                **{"reply_users": users[:5], "latest_reply": replies[-1].ts},
            }
        return raw


def between(
    messages: Sequence[Message], oldest: int | None, latest: int | None, *, inclusive: bool
) -> tuple[int, int]:
    """Index bounds of the messages after `oldest` and before `latest` (microseconds)."""
    left, right = (bisect_left, bisect_right) if inclusive else (bisect_right, bisect_left)
    start = 0 if oldest is None else left(messages, oldest, key=by_order)
    stop = len(messages) if latest is None else right(messages, latest, key=by_order)
    return start, max(start, stop)
