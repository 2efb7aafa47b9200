"""How one reply writes on Discord: a post that is edited while it grows, with a button to stop it."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any, Final, TypeVar

from bots.discord.api import ARCHIVED, PAGE, DiscordApi, Refused
from bots.replies.approvals import sign
from bots.replies.posts import OwnPost
from bots.replies.safe_text import printable
from core.errors import SpoolError
from core.types import AnswerButton, ApprovalRequest, IncomingMessage, RunId, Vote, Wish

T = TypeVar("T")
STOP = "spool:stop"
"""`custom_id` of the button."""
EDIT_SPACING = 1.25
"""Seconds between edits in a channel: one call of the bucket of five in five seconds stays free for a last
edit, and discord.py never has to wait inside a call (measured, docs/performance.md)."""
YIELD = 0.05
"""Seconds in which the questions that came together are sent to the model first."""
TYPING = 8.0
NONCE_KEPT = 120.0


class Pace:
    """When the next edit of a growing post may be made in each channel."""

    def __init__(self) -> None:
        self._next: dict[str, float] = {}

    def left(self, channel: str) -> float:
        """Seconds until then."""
        return max(0.0, self._next.get(channel, 0.0) - asyncio.get_running_loop().time())

    def note(self, channel: str) -> None:
        """Something was written there."""
        if len(self._next) > 10_000:
            self._next.clear()
        self._next[channel] = asyncio.get_running_loop().time() + EDIT_SPACING


class DiscordPoster:
    """`bots.replies.posts.Poster` for one run in one channel."""

    limit = 2000
    stoppable = True

    def __init__(
        self, api: DiscordApi, pace: Pace, message: IncomingMessage, run: RunId, me: str, stop_label: str
    ) -> None:
        self._api, self._pace, self._message, self._run, self._me = api, pace, message, run, me
        self._channel, self._stop_label = message.address.channel, stop_label
        self._quotes, self._locked = True, False
        self.target = message.id
        """The message that posts reply to."""
        self.buttons: Sequence[AnswerButton] = ()
        self.placed: Callable[[str, list[dict[str, Any]]], None] = lambda post, left: None
        """Told of the post that has them, and what is left of them once it is not the newest."""

    def _body(self, text: str, *, growing: bool, last: bool) -> dict[str, Any]:
        shown = [_shown(button) for button in self.buttons] if last else []
        if not self._api.repeats:
            shown = [one for one in shown if voted(one[0])]
        shown = [(STOP, self._stop_label, GREY)] if growing else shown
        return {"content": text, "components": row(*shown) if shown else []}

    async def create(self, text: str, number: int, *, first: bool, growing: bool, last: bool = False) -> str:
        """See `Poster.create`."""
        body = self._body(text, growing=growing, last=last)
        post = await self._post(body, f"-{number}", reply=first)
        self._told(post, body)
        return post

    def _told(self, post: str, body: Mapping[str, Any]) -> None:
        if any(map(wished, custom_ids(body))):
            self.placed(post, thumbs(body["components"]))

    async def ask(self, question: ApprovalRequest) -> str:
        """See `Asker.ask`."""
        return await self._post(asking(question, self.limit), sign(question.id), reply=True)

    async def decide(self, post: str, text: str) -> None:
        """See `Asker.decide`."""
        await self.edit(post, printable(text)[: self.limit], growing=False)

    async def bring(self, key: str, file: tuple[str, str, bytes]) -> str:
        """A new post that is a file (name, MIME type, bytes), which bears `file_sign`."""
        return await self._post({}, f"file:{key}", reply=True, file=file)

    async def _post(
        self, body: dict[str, Any], name: str, *, reply: bool, file: tuple[str, str, bytes] | None = None
    ) -> str:
        """A new post of that name: a repeated request gives the first one again.

        Replies tell whose answer a post is, in direct messages too.
        """
        body |= {"nonce": _nonce(self._run, name), "enforce_nonce": True}
        if reply and self._quotes:
            body["message_reference"] = {
                "message_id": self.target,
                "channel_id": self._channel,
                "fail_if_not_exists": False,
            }
        self._pace.note(self._channel)
        return str((await self._do(partial(self._send, body, file)))["id"])

    async def _send(self, body: dict[str, Any], file: tuple[str, str, bytes] | None) -> dict[str, Any]:
        """The post, without the reference where that alone is refused."""
        try:
            return await self._api.post(self._channel, body, file)
        except Refused as refused:
            if not (refused.about_reference and body.pop("message_reference", None)):
                raise
            self._quotes = False
            return await self._api.post(self._channel, body, file)

    async def _do(self, call: Callable[[], Awaitable[T]]) -> T:
        """The call; in an archived thread once more when that is open again. Raises what tells the cure."""
        try:
            try:
                return await call()
            except Refused as refused:
                if refused.code != ARCHIVED or self._locked:
                    raise
            await self._open()
            return await call()
        except Refused as refused:
            raise refused.at(self._message.address.workspace, self._channel) from refused

    async def _open(self) -> None:
        """Where only moderators may open a thread, anybody's message still does."""
        try:
            await self._api.unarchive(self._channel)
        except SpoolError:
            body = {"content": "…", "nonce": _nonce(self._run, "open"), "enforce_nonce": True}
            try:
                knock = await self._api.post(self._channel, body)
            except Refused:
                self._locked = True
                raise
            with suppress(SpoolError):
                await self._api.delete(self._channel, str(knock["id"]))

    async def edit(self, post: str, text: str, *, growing: bool, last: bool = False) -> None:
        """See `Poster.edit`."""
        self._pace.note(self._channel)
        body = self._body(text, growing=growing, last=last)
        await self._do(partial(self._api.edit, self._channel, post, body))
        self._told(post, body)

    async def delete(self, post: str) -> None:
        """See `Poster.delete`."""
        await self._do(partial(self._api.delete, self._channel, post))

    async def own(self, after: str) -> Sequence[OwnPost]:
        """See `Poster.own`."""
        found: list[dict[str, Any]] = []
        since = int(after or self._message.id)
        while page := await self._do(partial(self._api.history, self._channel, since)):
            found += page
            since = int(page[-1]["id"])
            if len(page) < PAGE:
                break
        return [self._own(one) for one in found if str((one.get("author") or {}).get("id")) == self._me]

    def _own(self, post: dict[str, Any]) -> OwnPost:
        """A reply tells by its reference whose answer it is."""
        answered = (post.get("message_reference") or {}).get("message_id")
        run = "" if not answered else self._run if str(answered) == self.target else "another"
        return OwnPost(str(post["id"]), str(post.get("content") or ""), run, _sign(post))

    def ref(self, post: str) -> str:
        """See `Poster.ref`."""
        return reference(post)

    def repeatable(self, age: float) -> bool:
        """See `Poster.repeatable`. Discord keeps nonces for "a few minutes"."""
        return self._api.nonces and age < NONCE_KEPT

    def pace(self) -> float:
        """See `Poster.pace`."""
        return self._pace.left(self._channel)


def _nonce(run: str, name: str) -> str:
    """At most 25 characters that differ for each post of each run. A part of a text is named `-1`, say."""
    if name.startswith("-"):
        return hashlib.sha256(run.encode()).hexdigest()[:18] + name
    return hashlib.sha256(f"{run} {name}".encode()).hexdigest()[:25]


def _sign(post: dict[str, Any]) -> str:
    """What a post is: a file, a question that was not decided, else part of a text."""
    if files := post.get("attachments"):
        return file_sign(int(files[0].get("size") or 0))
    return next((sign(id) for id, _ in map(answered, custom_ids(post)) if id), "")


def file_sign(size: int) -> str:
    """What marks the post of a file of so many bytes: names are changed by Discord, sizes are not."""
    return f"file:{size}"


def reference(post: str) -> str:
    """A post's name over all platforms; Discord's ids are unique everywhere."""
    return f"discord:{post}"


@asynccontextmanager
async def typing(api: DiscordApi, channel: str, done: asyncio.Event) -> AsyncIterator[None]:
    """The typing indicator while the body runs, until `done`; nothing waits for it or fails by it."""

    async def keep() -> None:
        await asyncio.sleep(YIELD)
        while not done.is_set():
            try:
                await api.typing(channel)
            except SpoolError:
                return
            try:
                await asyncio.wait_for(done.wait(), TYPING)
            except TimeoutError:
                continue

    task = asyncio.create_task(keep(), name="typing")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


GREEN, GREY, RED = 3, 2, 4
_ROW, _BUTTON = 1, 2
_LABEL = 80
_YES, _NO, _WISH, _VOTE = "spool:yes:", "spool:no:", "spool:wish:", "spool:vote:"
_THUMBS: Final[Mapping[str, str]] = {"good": "👍", "bad": "👎"}
_ANSWERS: Final = {_YES: True, _NO: False}


def _shown(button: AnswerButton) -> tuple[str, str, int]:
    """Of a vote the thumb is its label, which every client reads out."""
    thumb = _THUMBS.get(button.does)
    return (_VOTE + button.does, thumb, GREY) if thumb else (_WISH + button.does, button.label, GREY)


def row(*buttons: tuple[str, str, int]) -> list[dict[str, Any]]:
    """The components of a post: buttons given as `custom_id`, label and style."""
    made = [
        {"type": _BUTTON, "style": style, "label": label[:_LABEL], "custom_id": custom_id}
        for custom_id, label, style in buttons
    ]
    return [{"type": _ROW, "components": made}]


def asking(question: ApprovalRequest, limit: int) -> dict[str, Any]:
    """The body of a post of at most so many characters that asks."""
    text = printable(question.text)
    yes, no = (_YES + question.id, question.yes, GREEN), (_NO + question.id, question.no, GREY)
    shown = text if len(text) <= limit else text[: limit - 1] + "…"
    return {"content": shown, "components": row(yes, no)}


def answered(custom_id: str) -> tuple[str, bool]:
    """The question a button belongs to and whether it says yes; ("", False) for any other button."""
    for begins, yes in _ANSWERS.items():
        if custom_id.startswith(begins):
            return custom_id.removeprefix(begins), yes
    return "", False


def wished(custom_id: str) -> Wish | None:
    """What a button under an answer asks for; None for any other button."""
    known: dict[str, Wish] = {_WISH + "again": "again", _WISH + "shorter": "shorter"}
    return known.get(custom_id)


def voted(custom_id: str) -> Vote | None:
    """What a thumb under an answer says; None for any other button."""
    known: dict[str, Vote] = {_VOTE + "good": "good", _VOTE + "bad": "bad"}
    return known.get(custom_id)


def thumbs(components: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What is left under an answer that is not the newest any more."""
    every = [one for line in components for one in line.get("components") or ()]
    kept = [(one["custom_id"], one["label"], GREY) for one in every if voted(str(one.get("custom_id")))]
    return row(*kept) if kept else []


def custom_ids(post: Mapping[str, Any]) -> Iterator[str]:
    """The `custom_id` of everything that can be pressed under a post."""
    for line in post.get("components") or ():
        for component in line.get("components") or ():
            yield str(component.get("custom_id") or "")
