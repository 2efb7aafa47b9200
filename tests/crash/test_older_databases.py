"""Databases written by older versions, with a run stopped in each kind of step: all are taken over.

What they are and how they were made: `databases/README.md`. Each is put into a new data directory, beside the
posts that stood on the platform then, and the product of today is started on it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.crash import tools
from tests.crash.history import INTERRUPTED
from tests.crash.preserved import Kept, load, restore
from tests.crash.process import Forks
from tests.crash.world import IDLE, World, world

DATABASES = Path(__file__).parent / "databases"
NEWEST = "92a5d34"
LANES = 6
"""Worlds at once: most of each is waiting."""
Spoil = Callable[[Kept], None]


@dataclass(frozen=True, slots=True)
class Seen:
    """How runs are finished. `asked`: requests to the model; what is on record is not asked for again.

    `paid`: effects before and after the kill; `told`: the person reads that nobody knows about one.
    `fetched`: files that were still to be had; `wrong`: what the checker finds.
    """

    asked: int = 1
    paid: int = 0
    told: bool = False
    fetched: int = 0
    status: str = "completed"
    wrong: tuple[str, ...] = ()


PAID = Seen(paid=1)
NOT_ASKED = Seen(asked=0)
OTHERWISE = {
    **dict.fromkeys((f"ask-{what}" for what in ("created", "decided", "id", "intent")), PAID),
    **dict.fromkeys(("approval-approved", "approval-waiting", "call-paid"), PAID),
    **dict.fromkeys((f"file-{what}" for what in ("created", "given", "shown")), NOT_ASKED),
    **dict.fromkeys(("answer", "own-text", "response"), NOT_ASKED),
    "call-begun": Seen(told=True),
    "call-effect": Seen(paid=1, told=True),
    "cancelling": Seen(asked=0, status="cancelled", wrong=("stub", "lost")),
    "file-fetched": Seen(fetched=1),
    "queued-behind": Seen(asked=2),
}
"""Kinds of steps after which it is not one request (of `summary-due`: for the summary) and all answers."""
STEPS = {
    *("context", "round:0", "response", "answer", "post intent", "post id"),
    *("call begun", "call output files", "ask intent", "ask id", "ask id decided"),
    *("file intent", "file id", "file file", "file file shown"),
}
"""Journaled steps; those of calls, questions, files and posts by what they hold."""


@pytest.mark.parametrize(
    ("version", "platform"),
    [
        (one, platform)
        for one in ("2906ca6", "813e8fc", NEWEST, "ff723cd")
        for platform in ("slack", "discord")
    ],
)
async def test_runs_of_an_older_version_are_finished(forks, tmp_path, version, platform):
    """One complete answer, no effect and no post twice, and every run has ended."""
    paths = sorted((DATABASES / version).glob(f"{platform}-*.json"))
    seen = await _all_taken_over(forks, tmp_path, [(path, _as_it_was) for path in paths])

    assert paths
    assert dict(zip(paths, seen, strict=True)) == {path: _wanted(path) for path in paths}


def test_every_kind_of_step_is_among_them():
    """In the newest: a step that is journaled, a person who is waited for, files, a summary, each end."""
    rows = [row for path in (DATABASES / NEWEST).glob("*-*.json") for row in load(path)["rows"]]
    steps = [row[3:5] for row in rows if row[0] == "steps"]
    found = {_step(name, json.loads(value)) for name, value in steps}

    assert found >= STEPS
    assert {"waiting", "approved"} <= {row[5] for row in rows if row[0] == "approvals"}
    assert {"queued", "in_progress", "requires_action", "cancelling"} <= {
        row[6] for row in rows if row[0] == "runs"
    }
    assert 1 in [row[4] for row in rows if row[0] == "summaries"]


def _step(name: str, value: Any) -> str:
    kind = name.partition(":")[0]
    return f"{kind} {' '.join(value)}" if kind in ("call", "ask", "file", "post") else name


def _wanted(path: Path) -> Seen:
    return OTHERWISE.get(path.stem.partition("-")[2], Seen())


def _as_it_was(_: Kept) -> None:
    """Changes nothing."""


def _without(table: str, name: str = "") -> Spoil:
    """Forgets the rows of that table in which a value begins so."""

    def spoil(kept: Kept) -> None:
        rows = [row for row in kept["rows"] if row[0] != table or not any(_begins(one, name) for one in row)]
        assert len(rows) < len(kept["rows"])
        kept["rows"] = rows

    return spoil


def _begins(value: object, name: str) -> bool:
    return isinstance(value, str) and value.startswith(name)


def _post_twice(kept: Kept) -> None:
    post = kept["messages"][-1]
    later = {"ts": f"{post['ts'][:-1]}{(int(post['ts'][-1]) + 1) % 10}"}
    kept["messages"].append(post | later)


SPOILT = (
    *(("slack-answer", _post_twice), ("slack-answer", _without("steps", "answer"))),
    *(("slack-post-id", _without("steps", "post:0")), ("discord-post-id", _without("steps", "post:0"))),
    *(("slack-post-created", _without("steps", "post:0")), ("slack-round", _without("steps", "round:0"))),
    *(("slack-ask-id", _without("steps", "ask:")), ("slack-call-begun", _without("steps", "call:"))),
    *(("slack-file-shown", _without("steps", "file:")), ("slack-file-fetched", _without("files"))),
    *(("slack-response", _without("steps", "response")), ("slack-summary-due", _without("summaries"))),
)


async def test_what_is_missing_is_found_out(forks, tmp_path):
    """Proof that the test above can fail: a row less, or a post more, and something else is seen."""
    cases = [(DATABASES / NEWEST / f"{name}.json", spoil) for name, spoil in SPOILT]
    seen = await _all_taken_over(forks, tmp_path, cases)

    assert [] == [path.stem for (path, _), one in zip(cases, seen, strict=True) if one == _wanted(path)]


async def _all_taken_over(forks: Forks, directory: Path, cases: Sequence[tuple[Path, Spoil]]) -> list[Seen]:
    lanes = asyncio.Semaphore(LANES)

    async def one(number: int, path: Path, spoil: Spoil) -> Seen:
        async with lanes:
            return await _taken_over(forks, directory / f"{number}", path, spoil)

    return await asyncio.gather(*(one(number, *case) for number, case in enumerate(cases)))


async def _taken_over(forks: Forks, directory: Path, path: Path, spoil: Spoil) -> Seen:
    kept = load(path)
    spoil(kept)
    async with world(directory) as stage:
        await restore(stage, kept, (path.parent / "schema.sql").read_text("utf-8"))
        process = await stage.start(forks, kept["platform"])
        await stage.connected(kept["platform"])
        await stage.quiet(idle=IDLE if spoil is _as_it_was else 2.0)
        await process.kill()
        return _seen(stage)


def _seen(stage: World) -> Seen:
    with stage.database() as x:
        (status,) = x.execute("SELECT GROUP_CONCAT(DISTINCT status) FROM runs").fetchone()
    fetched = [fetch.status == 200 for fetch in stage.discord.fetches]
    return Seen(
        asked=sum("input" in request.body for request in stage.openai.requests),
        paid=len(tools.noted(stage.directory / "data", "paid")),
        told=any(INTERRUPTED in post.text for post in stage.shown()),
        fetched=len(stage.slack.fetches) + sum(fetched),
        status=status,
        wrong=tuple(finding.kind for finding in stage.findings()),
    )
