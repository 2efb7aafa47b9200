"""How one reply writes on Slack without a stream: posted once, then updated in place."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bots.replies.approvals import sign
from bots.replies.posts import Gone, OwnPost
from bots.replies.safe_text import harmless
from bots.slack.api import FORBIDDEN, Budget, Limited, Refused, call
from bots.slack.markup import ROOM
from core.errors import Retryable, SpoolError, Unreachable
from core.types import Address, AnswerButton, ApprovalRequest, IncomingMessage, RunId

logger = logging.getLogger(__name__)
METADATA = "assistant_run"
_CARDS = ("task_card", "plan")
TEXT_BYTES = 3900
"""`text` of chat.update is limited to 4,000 bytes; the whole answer is in the Markdown block."""
_PLAIN = (TEXT_BYTES, TEXT_BYTES // 4)
"""Characters of a post where Slack refuses the Markdown: as many as may fit, then as many as surely do."""


class SlackPoster:
    """`bots.replies.posts.Poster` for one run in one Slack thread."""

    limit = ROOM
    stoppable = False
    plain = False
    """Whether Slack refused the Markdown, so that the answer is shown as text, in shorter posts."""

    def __init__(
        self,
        client: AsyncWebClient,
        budget: Budget,
        message: IncomingMessage,
        run: RunId,
        me: Callable[[], Awaitable[str]],
        posting: Callable[[], Callable[[], None]],
    ) -> None:
        self._client, self._budget, self._run, self._me = client, budget, run, me
        self._message, self._address = message, message.address
        self.posting = posting
        """Called right before something new appears."""
        self.ordinary: set[str] = set()
        """Posts known not to be open streams; any other takes no update until it is stopped."""
        self.buttons: Sequence[AnswerButton] = ()
        self.unlinked: Callable[[str], str] = str
        """A text without the links that may not be, also where it is `plain`, and nothing in it is code."""

    def metadata(self, sign: str = "") -> dict[str, Any]:
        """What names the run in a post, and what it is, for the search after a crash."""
        signed = {"sign": sign} if sign else {}
        return {"event_type": METADATA, "event_payload": {"run_id": self._run, **signed}}

    async def create(self, text: str, number: int, *, first: bool, growing: bool, last: bool = False) -> str:
        """See `Poster.create`."""
        if self.plain:
            return await self._post(self.metadata(), {"text": text}, None)
        plainer = {"text": text} if len(text) <= _PLAIN[0] else None
        body: dict[str, Any] = {"markdown_text": text}
        if last and self.buttons:
            body = {"text": _notice(text), "blocks": [{"type": "markdown", "text": text}, *self.under()]}
        return await self._post(self.metadata(), body, plainer)

    def under(self) -> list[dict[str, Any]]:
        """The buttons as blocks, without ids: a post that is updated needs new ones, and Slack gives them.

        There is room for two more than a text may become (`markup.ITEMS`).
        """
        made = {one.does: _button(one.does, one.label, one.does) for one in self.buttons}
        named = {does: one | {"accessibility_label": one["text"]["text"]} for does, one in made.items()}
        good, bad = named.pop("good", None), named.pop("bad", None)
        blocks: list[dict[str, Any]] = [{"type": "actions", "elements": [*named.values()]}] if named else []
        if good and bad:
            thumbs = {"positive_button": _thumb(good), "negative_button": _thumb(bad)}
            element = {"type": "feedback_buttons", "action_id": RATE, **thumbs}
            blocks.append({"type": "context_actions", "elements": [element]})
        return blocks

    def _plainer(self, reason: str) -> Retryable:
        """From now on posts are shorter and without Markdown; to be raised, so that all is painted again."""
        self.limit = _PLAIN[self.plain]
        self.plain = True
        return Retryable(reason)

    async def ask(self, question: ApprovalRequest) -> str:
        """See `Asker.ask`."""
        rich, plain = asking(question, markdown=True), asking(question, markdown=False)
        return await self._post(self.metadata(sign(question.id)), rich, plain)

    async def decide(self, post: str, text: str) -> None:
        """See `Asker.decide`."""
        self.ordinary.add(post)
        await self.edit(post, harmless(text)[: self.limit], growing=False)

    async def _post(
        self, metadata: dict[str, Any], body: dict[str, Any], plainer: dict[str, Any] | None
    ) -> str:
        """A new post in the topic; `plainer` is for servers that do not know all of Block Kit."""
        channel = self._address.channel
        where: dict[str, Any] = {"channel": channel, "thread_ts": self._address.topic}
        where |= {"metadata": metadata, "unfurl_links": False, "unfurl_media": False}
        await self._budget.post_turn(channel, self._message.user, later=self._message.kind != "ask")
        posted = self.posting()
        try:
            response = await call(self._client.chat_postMessage(**body, **where))
        except Limited as error:
            self._budget.limited(channel, error.retry_after or 1.0)
            raise
        except Refused as error:  # a wrong thread, say, is no better in plain text
            if error.error in FORBIDDEN or (plainer is None and self.plain):
                raise error.unreachable() from error
            logger.info("markdown refused", extra={"error": error.error})
            if plainer is None:
                raise self._plainer(error.error) from error
            response = await self._must(self._client.chat_postMessage(**plainer, **where))
        posted()
        self.ordinary.add(response["ts"])
        return str(response["ts"])

    async def edit(self, post: str, text: str, *, growing: bool, last: bool = False) -> None:
        """See `Poster.edit`. The block holds the text; `text` is what notifications show."""
        if post not in self.ordinary:
            await self.end_stream(post)
        self._budget.updated()
        where: dict[str, Any] = {"channel": self._address.channel, "ts": post}
        if self.plain:
            await self._plainly(where, text)
            return
        blocks = [{"type": "markdown", "text": text}, *(self.under() if last else [])]
        try:
            await call(self._client.chat_update(text=_notice(text), blocks=blocks, **where))
        except Limited as error:
            self._budget.limited("chat.update", error.retry_after or 1.0)
            raise
        except Refused as error:
            if "stream" in error.error:  # it is one still, or again: end it first
                self.ordinary.discard(post)
                raise Retryable(error.error) from error
            logger.info("markdown block refused", extra={"error": error.error})
            await self._plainly(where, text)

    async def _plainly(self, where: dict[str, Any], text: str) -> Any:
        """Without our own block; `text` alone would leave the blocks that are there, so they are emptied."""
        try:
            if not self.plain:
                return await call(self._client.chat_update(markdown_text=text, **where))
        except Refused as error:
            if len(text.encode()) > TEXT_BYTES:
                raise self._plainer(error.error) from error
        try:
            await call(self._client.chat_update(text=text, blocks=[], **where))
        except Refused as error:
            if error.error == "msg_too_long" and self.limit != _PLAIN[-1]:
                raise self._plainer(error.error) from error
            raise error.unreachable() from error
        return None

    async def end_stream(self, post: str) -> None:
        """Make a post that may be streaming an ordinary one; it does not matter if it was one already."""
        self._budget.note("chat.stopStream")
        with suppress(Refused, Gone, Unreachable):
            await call(self._client.chat_stopStream(channel=self._address.channel, ts=post))
        self.ordinary.add(post)

    async def delete(self, post: str) -> None:
        """See `Poster.delete`. Where nothing may be deleted, next to nothing is left."""
        if post not in self.ordinary:  # a stream cannot be deleted
            await self.end_stream(post)
        try:
            await call(self._client.chat_delete(channel=self._address.channel, ts=post))
        except Refused as error:
            logger.info("post not deleted", extra={"error": error.error})
            await self.edit(post, "…", growing=False)

    async def _must(self, request: Any) -> Any:
        try:
            return await call(request)
        except Refused as error:
            raise error.unreachable() from error

    async def own(self, after: str) -> Sequence[OwnPost] | None:
        """See `Poster.own`. None without the scope to read the thread."""
        found: list[OwnPost] = []
        cursor, me = "", await self._me()
        try:
            while True:
                page = await call(
                    self._client.conversations_replies(
                        channel=self._address.channel,
                        ts=self._address.topic,
                        oldest=after or self._address.topic,
                        include_all_metadata=True,
                        limit=200,
                        cursor=cursor or None,
                    )
                )
                found += [
                    _own(message) for message in page.get("messages") or [] if _after(message, me, after)
                ]
                cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
                if not cursor:
                    return found
        except Retryable:
            raise
        except SpoolError as error:
            logger.warning("thread cannot be read, a post may be repeated", extra={"error": str(error)})
            return found or None

    def ref(self, post: str) -> str:
        """See `Poster.ref`."""
        return reference(self._address, post)

    def repeatable(self, age: float) -> bool:
        """See `Poster.repeatable`. Slack has no idempotency key."""
        return False

    def pace(self) -> float:
        """See `Poster.pace`."""
        return self._budget.update_pause()


def _notice(text: str) -> str:
    return text.encode()[:TEXT_BYTES].decode(errors="ignore")


def reference(address: Address, post: str) -> str:
    """A post's name over all platforms."""
    return f"slack:{address.workspace}:{address.channel}:{post}"


def _after(message: dict[str, Any], me: str, after: str) -> bool:
    return message.get("user") == me and (not after or float(message["ts"]) > float(after))


def _own(message: dict[str, Any]) -> OwnPost:
    metadata = message.get("metadata") or {}
    payload = metadata.get("event_payload") or {} if metadata.get("event_type") == METADATA else {}
    sign = "file" if message.get("files") else str(payload.get("sign") or "")
    return OwnPost(str(message["ts"]), _body(message), str(payload.get("run_id") or ""), sign)


def _body(message: dict[str, Any]) -> str:
    """What the post says: its Markdown. Where there is none, its text, unless that only names tasks."""
    blocks = message.get("blocks") or []
    body = "".join(block.get("text", "") for block in blocks if block.get("type") == "markdown")
    if body or any(block.get("type") in _CARDS for block in blocks):
        return body
    return str(message.get("text") or "")


APPROVE, REFUSE = "approve", "refuse"
"""`action_id` of the buttons; their `value` is the id of the approval."""
RATE = "rate"
"""Of both thumbs; their `value` is the `Vote`."""
_MARKDOWN, _SECTION, _NOTICE = 11_000, 3000, 300
"""Characters that a block, and the text of a notification, may have."""


def asking(question: ApprovalRequest, *, markdown: bool) -> dict[str, Any]:
    """The body of chat.postMessage; without `markdown` only blocks that every server knows."""
    text = harmless(question.text)
    body: dict[str, Any] = {"type": "markdown", "text": _cut(text, _MARKDOWN)}
    if not markdown:
        body = {"type": "section", "text": {"type": "plain_text", "text": _cut(text, _SECTION)}}
    yes, no = _button(APPROVE, question.yes, question.id), _button(REFUSE, question.no, question.id)
    actions = {"type": "actions", "elements": [yes | {"style": "primary"}, no]}
    return {"text": _cut(text, _NOTICE), "blocks": [body, actions]}


def _button(action: str, label: str, value: str) -> dict[str, Any]:
    text = {"type": "plain_text", "text": _cut(label, 75)}
    return {"type": "button", "action_id": action, "text": text, "value": value}


def _thumb(button: dict[str, Any]) -> dict[str, Any]:
    return {name: button[name] for name in ("text", "value", "accessibility_label")}


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
