"""The journal of a run, its durable memory: what each step is called, what its value is, its JSON.

Nobody else knows a name or a shape of what is on disk. Both stay as they are: a newer version goes on with
runs that an older one began, so what an older one left out has a default here.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from secrets import token_hex
from typing import Any, Final, Generic, TypeVar

from core.errors import Lost
from core.store import runs
from core.store.database import Database, Execute
from core.store.messages import GONE
from core.store.runs import FENCE
from core.types import Attachment, Claim, Earlier, Ending, Quote, RunId

V = TypeVar("V")
_UNSHOWN: Final = re.compile(r"[^\w .:/-]")


@dataclass(frozen=True, slots=True)
class Step(Generic[V]):
    """A step of a run: its name on disk, and how its value becomes JSON there and is read again."""

    name: str
    write: Callable[[V], Any]
    read: Callable[[Any], V]


def record(
    tx: Execute,
    run: RunId,
    owner: str,
    name: str,
    value: object,
    ref: str | None,
    now: float,
    began: float | None = None,
) -> None:
    """Write a step, which `began` then where that is known. Raises Lost when the run is not this owner's.

    A step that is new counts as progress: the deaths before it are forgiven.
    """
    if not tx.execute(f"UPDATE runs SET owner = owner {FENCE} RETURNING id", (run, owner)).fetchall():
        raise Lost(run)
    if not tx.execute("SELECT 1 FROM steps WHERE run_id = ? AND name = ?", (run, name)).fetchall():
        tx.execute("UPDATE runs SET deaths = 0 WHERE id = ?", (run,))
    tx.execute(
        "INSERT INTO steps (id, run_id, name, value, ref, created_at, began_at) VALUES (?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (run_id, name) DO UPDATE SET value = excluded.value, ref = excluded.ref, created_at = "
        "CASE WHEN excluded.began_at IS NULL THEN steps.created_at ELSE excluded.created_at END",
        (f"step_{token_hex(12)}", run, name, json.dumps(value, ensure_ascii=False), ref, now, began),
    )


class Journal:
    """The steps of the run in `claim`: each is recorded once, fenced by the run's owner."""

    def __init__(self, db: Database, claim: Claim) -> None:
        self._db = db
        self.claim = claim
        self._unread: dict[str, Any] = dict(claim.memo)
        self._values: dict[str, Any] = {}
        self.stood: Callable[[bool], str] = lambda strict: ""  # told by the run: `core.runs.prompt.stood`
        self.edits = 0  # of the run's posts, by this process

    def get(self, step: Step[V]) -> V | None:
        """What is recorded of it, None when nothing is."""
        if step.name in self._unread:
            self._values[step.name] = step.read(self._unread.pop(step.name))
        return self._values.get(step.name)

    def names(self, begins: str) -> list[str]:
        """Those of the recorded steps whose names begin so, without the beginning."""
        known = [*self._unread, *self._values]
        return [name.removeprefix(begins) for name in known if name.startswith(begins)]

    async def record(
        self,
        step: Step[V],
        value: V,
        *,
        ref: str | None = None,
        began: float | None = None,
        beside: Callable[[Execute], None] = lambda tx: None,
    ) -> None:
        """Returns ⇒ the step is on disk. `ref` names the post a step stands for. Raises Lost.

        `beside` belongs to the same transaction.
        """
        claim, now, told = self.claim, time.time(), step.write(value)
        self._unread.pop(step.name, None)
        self._values[step.name] = value  # before the commit: who is cancelled meanwhile has recorded it too

        def work(tx: Execute) -> None:
            record(tx, claim.run, claim.owner, step.name, told, ref, now, began)
            beside(tx)

        await self._db(work)

    async def once(self, step: Step[V], make: Callable[[], Awaitable[V]]) -> V:
        """The recorded value; the first time, what `make` gives, recorded before it is returned."""
        value = self.get(step)
        if value is None:
            value = await make()
            await self.record(step, value)
        return value

    def posts(self) -> list[PostState]:
        """What is recorded of the answer's posts, by their numbers."""
        found: list[PostState] = []
        while state := self.get(post(len(found))):
            found.append(state)
        return found

    async def recorded(self, refs: Iterable[str]) -> set[str]:
        """Those of the posts that belong to some run already."""
        wanted = list(refs)
        return await self._db(lambda tx: runs.recorded(tx, wanted))


@dataclass(frozen=True, slots=True)
class Answer:
    """What a run has come to: the model's text, and our own lines above and under it."""

    ending: Ending
    text: str
    note: str = ""
    error: str = ""
    usage: Mapping[str, int] = field(default_factory=dict)
    head: str = ""
    """What a voice message said, quoted."""
    files: tuple[str, ...] = ()
    """Ids of the files it brings along."""
    records: tuple[Mapping[str, Any], ...] = ()
    """What the last response of a client's run has said and done (`core.runs.client.records`)."""

    @property
    def shown(self) -> str:
        """The text as people see it, without the note."""
        return self.head + self.text


@dataclass(frozen=True, slots=True)
class Call:
    """A function call, or an MCP server's call that waits for approval (`server` is set then)."""

    id: str
    """`call_…`, or the id of the approval request."""
    name: str
    arguments: str
    server: str = ""

    @property
    def label(self) -> str:
        """The name as people may be shown it: a remote server chooses its own, and could forge a question."""
        return _UNSHOWN.sub("_", self.name)[:100]


@dataclass(frozen=True, slots=True)
class Round:
    """A response that asks for calls. `items` are its output items as they are sent back."""

    text: str
    items: tuple[Mapping[str, Any], ...]
    calls: tuple[Call, ...]
    files: tuple[str, ...] = ()
    cited: tuple[str, ...] = ()
    """Names of the documents it cites."""
    records: tuple[Mapping[str, Any], ...] = ()
    """Of a client's run: what the response has said and done, as it is told of it."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A call with effects is being carried out, since `at`: from here on it is not repeated."""

    at: float


@dataclass(frozen=True, slots=True)
class Done:
    """A function call has its result."""

    output: str
    files: tuple[str, ...] = ()
    """Ids of the files it gave back."""
    interrupted: bool = False
    """Nobody knows whether it took effect."""
    notice: str = ""
    """The text that tells the person why they were not asked."""


@dataclass(frozen=True, slots=True)
class Decided:
    """Whether an MCP server may carry its call out."""

    approve: bool
    sent: float | None = None
    """When the yes was sent: it is sent once."""
    interrupted: bool = False
    notice: str = ""


@dataclass(frozen=True, slots=True)
class Intended:
    """A post is about to be made, since `at`."""

    at: float


@dataclass(frozen=True, slots=True)
class Posted:
    """The post stands there. `decided`: what a question's says since it is over."""

    id: str
    decided: str = ""


@dataclass(frozen=True, slots=True)
class Deleted:
    """The post was taken away again."""

    id: str


@dataclass(frozen=True, slots=True)
class Uploaded:
    """Slack has the bytes of a file; `shown`: and people see it."""

    id: str
    shown: bool = False


CallState = Begun | Done | Decided
PostState = Intended | Posted | Deleted


def _same(value: str) -> str:
    return value


def _answer(value: Mapping[str, Any]) -> Answer:
    lists = {name: tuple(value.get(name, ())) for name in ("files", "records")}
    return Answer(**{**value, **lists})


def _round(value: Mapping[str, Any]) -> Round:
    calls = tuple(Call(**call) for call in value["calls"])
    files, cited, records = (tuple(value.get(name, ())) for name in ("files", "cited", "records"))
    return Round(value["text"], tuple(value["items"]), calls, files, cited, records)


def _recorded(value: Answer | Round) -> dict[str, Any]:
    """Runs of chats have no records."""
    told = asdict(value)
    return told if value.records else {name: one for name, one in told.items() if name != "records"}


def _context(value: list[Mapping[str, Any]]) -> tuple[Earlier, ...]:
    return tuple(_earlier(message) for message in value if GONE not in message)


def _earlier(value: Mapping[str, Any]) -> Earlier:
    """An older version's has only id, ref, user and text."""
    quotes = tuple(Quote(**one) for one in value.get("quotes", ()))
    files = tuple(Attachment(**one) for one in value.get("files", ()))
    mentions = tuple(value.get("mentions", ()))
    return Earlier(**{**value, "quotes": quotes, "files": files, "mentions": mentions})


def _context_told(value: tuple[Earlier, ...]) -> list[dict[str, Any]]:
    """What a message does not have is left out."""
    kept = ("id", "ref", "user", "text")
    return [{name: one for name, one in asdict(message).items() if one or name in kept} for message in value]


def _call(value: Mapping[str, Any]) -> CallState:
    if "begun" in value:
        return Begun(value["begun"])
    if "approve" in value:
        return Decided(**value)
    return Done(**{**value, "files": tuple(value.get("files", ()))})


def _call_told(value: CallState) -> dict[str, Any]:
    if isinstance(value, Begun):
        return {"begun": value.at}
    told = asdict(value)
    left_out = {name for name in ("sent", "interrupted", "notice") if name in told and not told[name]}
    return {name: one for name, one in told.items() if name not in left_out}


def _post(value: Mapping[str, Any]) -> PostState:
    if "intent" in value:
        return Intended(value["intent"])
    return Deleted(value["deleted"]) if "deleted" in value else Posted(**value)


def _post_told(value: PostState) -> dict[str, Any]:
    if isinstance(value, Intended):
        return {"intent": value.at}
    if isinstance(value, Deleted):
        return {"deleted": value.id}
    return {"id": value.id} | ({"decided": value.decided} if value.decided else {})


def _upload(value: Mapping[str, Any]) -> Uploaded:
    return Uploaded(value["file"], value.get("shown", False))


def _upload_told(value: Uploaded) -> dict[str, Any]:
    return {"file": value.id} | ({"shown": True} if value.shown else {})


CONTEXT: Final[Step[tuple[Earlier, ...]]] = Step("context", _context_told, _context)
"""What stood in the topic before the question: given once."""
ANSWER: Final[Step[Answer]] = Step("answer", _recorded, _answer)
"""The whole answer: from here on the model is not asked again."""
CONTAINERS: Final[Step[list[str]]] = Step("containers", list, list)
"""Where code worked at the model server: whoever erases the run deletes them there."""


def response(number: int) -> Step[str]:
    """The id of a background response, "" once it is of no use: the round of that number is made of it."""
    return Step(f"response:{number}" if number else "response", _same, _same)


def round(number: int) -> Step[Round]:
    """What the model asked for, before any of it is done."""
    return Step(f"round:{number}", _recorded, _round)


def call(id: str) -> Step[CallState]:
    """What became of a call."""
    return Step(f"call:{id}", _call_told, _call)


def settle_call(tx: Execute, run: RunId, id: str, output: str, now: float) -> None:
    """The client gives the output of a call. Its run has no owner meanwhile; once, by (run_id, name)."""
    step = call(id)
    told = json.dumps(step.write(Done(output)), ensure_ascii=False)
    tx.execute(
        "INSERT INTO steps (id, run_id, name, value, created_at) VALUES (?, ?, ?, ?, ?)",
        (f"step_{token_hex(12)}", run, step.name, told, now),
    )


def of_run(tx: Execute, run: RunId) -> dict[str, tuple[Any, float]]:
    """The values of a run's steps, and when each was recorded."""
    rows = tx.execute("SELECT name, value, created_at FROM steps WHERE run_id = ?", (run,)).fetchall()
    return {name: (json.loads(value), at) for name, value, at in rows}


def forget_said(tx: Execute, run: RunId, message: str) -> None:
    """A message of an ended run was deleted: its step stays, without what it said."""
    for name, (value, _) in of_run(tx, run).items():
        told = value.get("records", ()) if isinstance(value, dict) else ()
        if any(one.get("message") == message for one in told):
            empty = {"text": "", "annotations": [], "pictures": []}
            kept = [one | empty if one.get("message") == message else one for one in told]
            runs.write_step(tx, run, name, value | {"text": "", "records": kept} | _unsaid(value))


def _unsaid(value: Mapping[str, Any]) -> dict[str, Any]:
    """Of a round what it sends back but words."""
    return (
        {"items": [one for one in value["items"] if one.get("role") != "assistant"]}
        if "items" in value
        else {}
    )


def post(number: int) -> Step[PostState]:
    """A post of the answer. The number of one that was taken away again is not used a second time."""
    return Step(f"post:{number}", _post_told, _post)


def question(approval: str) -> Step[PostState]:
    """The post that asks for an approval."""
    return Step(f"ask:{approval}", _post_told, _post)


def file(key: str) -> Step[PostState]:
    """The post of a file of the answer, where a file is a post like others."""
    return Step(f"file:{key}", _post_told, _post)


def upload(key: str) -> Step[Uploaded]:
    """A file of the answer, where its bytes are given first and then shown."""
    return Step(f"file:{key}", _upload_told, _upload)
