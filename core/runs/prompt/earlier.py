"""What stood in the topic before the question, and by what names people there go.

None of it is part of the question, so none of it is waited for longer than BEFORE_SECONDS.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

from core.concurrency import Backoff, retry
from core.errors import Retryable
from core.runs import claims
from core.runs.prompt import speech
from core.runs.run import Run
from core.settings import time_zone
from core.store import items, messages, steps
from core.types import Earlier, IncomingMessage

logger = logging.getLogger(__name__)
BEFORE_SECONDS = 2.0
"""Seconds a question waits for what is not part of it."""
BEFORE: Final = Backoff(first=0.25, tries=4, seconds=BEFORE_SECONDS)
MOST_FILES: Final = 4
"""Files of earlier messages that are read, the newest of them; the others are only named."""
_HEAD: Final = "Earlier messages of this chat thread, for context:"


class EarlierMessages:
    """The messages of others in the topic of a run, which its thread has not seen."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._names: dict[str, str] | None = None
        self._zone = time_zone.zone(run.rules.zone)

    async def read(self) -> None:
        """Read them once; nothing where that takes too long, and so it stays for this run."""
        asked, until = self._run.claim.messages[0], asyncio.get_running_loop().time() + BEFORE_SECONDS
        since = self._run.claim.context_since
        if since is not None:
            await self._run.journal.once(steps.CONTEXT, lambda: self._read(asked, since, until))
        await self.learn_names(until)

    async def learn_names(self, until: float | None = None) -> None:
        """What people and channels are called, and what time it is for who asks; until that moment."""
        if self._names is not None:
            return
        until = until or asyncio.get_running_loop().time() + BEFORE_SECONDS
        self._names = {}
        with suppress(TimeoutError):
            async with asyncio.timeout_at(until):
                self._zone = time_zone.zone(await self._run.zone())
                if mentions := self._mentions():
                    self._names.update(await self._run.platform.names(mentions, self._run.message))

    async def _read(self, asked: IncomingMessage, since: float, until: float) -> tuple[Earlier, ...]:
        claim = self._run.claim
        try:
            async with asyncio.timeout_at(until):
                earlier = await retry(lambda: self._run.platform.earlier(asked, since), BEFORE, "context")
        except (TimeoutError, Retryable):
            logger.warning(
                "answering without what was said before, not read in time", extra={"run_id": claim.run}
            )
            return ()
        new = await self._run.db(lambda tx: messages.unseen(tx, claim.thread, asked.address, earlier))
        told = ["\n".join(one.words) for one in new]
        fits = items.fitting(told, claims.context_room(self._run.rules.budget))
        return tuple(new[len(new) - fits :])

    def _all(self) -> tuple[Earlier, ...]:
        return self._run.journal.get(steps.CONTEXT) or ()

    def _mentions(self) -> set[str]:
        """Ids that names are wanted for; of speakers whose name was not told with what they said, too."""
        asked = self._run.claim.messages
        found = {one for message in asked for one in message.mentions}
        if self._run.shared:
            found |= {f"@{message.user}" for message in asked if not message.author}
        for one in self._all():
            found.update(one.mentions, [] if one.author or one.user in ("you", "bot") else [f"@{one.user}"])
        return found

    @property
    def files(self) -> IncomingMessage | None:
        """The newest files as those of a message of their own, fetched like any; None for none."""
        found = [file for one in self._all() if one.user != "you" for file in one.files][-MOST_FILES:]
        if not found:
            return None
        asked = self._run.claim.messages[0]
        id = f"earlier@{self._run.claim.run}"
        return IncomingMessage(id, asked.address, asked.user, _HEAD, asked.sent_at, files=tuple(found))

    def text(self) -> str:
        """What was said, "" for nothing."""
        told = [self._line(one) for one in self._all()]
        return "\n".join([_HEAD, *told]) if told else ""

    def _line(self, one: Earlier) -> str:
        speaker = speech.one_line(one.author) or self._known(one.user)
        said = self._words(one.text, one)
        named = " ".join(f"[File {speech.one_line(file.name)}]" for file in one.files)
        return speech.line(speaker, "\n".join(filter(None, [said, named])), one.at, self._zone)

    def said(self, message: IncomingMessage, text: str, *, past: bool) -> str:
        """A message of the question, with what it points at before it; `text`: its own words.

        `past`: as it is remembered in a shared thread, with its time.
        """
        words = self._words(text, message)
        if not self._run.shared:
            return words
        name = speech.one_line(message.author) or self._known(message.user)
        return speech.line(name, words, message.sent_at if past else 0.0, self._zone)

    def _known(self, user: str) -> str:
        return (self._names or {}).get(f"@{user}", user).removeprefix("@")

    def _words(self, text: str, message: Earlier | IncomingMessage) -> str:
        quoted = speech.quoted(message.quotes, self._zone)
        return speech.named(_apart([quoted, text]), message.mentions, self._names or {})


def _apart(parts: Iterable[str]) -> str:
    return "\n\n".join(filter(None, parts))
