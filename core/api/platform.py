"""The API as a platform: what a run says is told by its events, so its reply shows nothing itself."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection, Mapping, Sequence

from core.errors import FileRefused, Unreachable
from core.ports import FullReply, Platform
from core.store.steps import Journal
from core.types import (
    Activity,
    AnswerButton,
    ApprovalRequest,
    Attachment,
    Earlier,
    File,
    IncomingMessage,
    Person,
    Standing,
)


class ApiReply:
    """Of a run that clients look at for themselves. `page`: with somebody who can be asked."""

    first_shown_at: float | None = None

    def __init__(self, *, page: bool = False) -> None:
        self._page = page

    def show(self, text: str, activities: Sequence[Activity] = ()) -> None:
        """See `core.ports.Reply`: the same words have just gone to whoever watches."""
        if text and self.first_shown_at is None:
            self.first_shown_at = asyncio.get_running_loop().time()

    async def finish(self, text: str, note: str = "", buttons: Sequence[AnswerButton] = ()) -> None:
        """See `core.ports.Reply`."""

    async def shown(self) -> str:
        """See `core.ports.Reply`."""
        return ""

    async def attach(self, key: str, file: File) -> None:
        """See `core.ports.Attaching`: files of answers are uploads of the project."""

    async def ask(self, question: ApprovalRequest) -> None:
        """See `core.ports.Asking`: the page shows what waits, with the very arguments."""
        if not self._page:
            raise Unreachable("nobody can be asked over the API")

    async def decided(self, question: ApprovalRequest, text: str) -> None:
        """See `core.ports.Asking`."""

    async def remove(self) -> None:
        """See `core.ports.Removing`."""


class ApiPlatform:
    """`core.ports.Platform` of clients' runs."""

    name, shows, reads = "api", "", False

    @contextlib.asynccontextmanager
    async def reply(self, message: IncomingMessage, journal: Journal) -> AsyncIterator[FullReply]:
        """See `core.ports.Platform`."""
        options = journal.claim.options
        yield ApiReply(page=bool(options and options.page))

    async def earlier(self, message: IncomingMessage, since: float) -> Sequence[Earlier]:
        """See `core.ports.Platform`: a client's thread holds all that was said in it."""
        return ()

    async def person(self, user: str) -> Person:
        """See `core.ports.Platform`."""
        return Person()

    async def standing(self, message: IncomingMessage) -> Standing | None:
        """See `core.ports.Door`: whoever has a key was let in with it."""
        return Standing()

    async def notice(self, message: IncomingMessage, words: str) -> None:
        """See `core.ports.Door`: a client is told by what it asks for."""

    async def names(self, mentions: Collection[str], message: IncomingMessage) -> Mapping[str, str]:
        """See `core.ports.Platform`."""
        return {}

    async def said(self, message: IncomingMessage, since: float, most: int) -> Sequence[Earlier]:
        """See `core.ports.Platform`."""
        raise Unreachable("the API has no channels")

    async def fetch(self, attachment: Attachment, limit: int) -> bytes:
        """See `core.ports.Fetching`: clients' files are here already."""
        raise FileRefused("file_unavailable")


_: type[Platform] = ApiPlatform
