"""core.store.journal: each step of a run is recorded once, by its owner."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from core import types
from core.errors import Lost
from core.runs import claims
from core.store.database import Database, Execute
from core.store.steps import CONTEXT, Journal, Posted, post, response
from core.types import Claim, Earlier
from tests.core.fakes import settled
from tests.core.queued import BUDGET, asked, claimed, thread_of


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    """A database with one queued run."""
    database = Database(tmp_path / "spool.sqlite3")
    await database(settled)
    yield database
    database.close()


async def held(db: Database, owner: str = "me") -> Claim:
    """The run of the first message, claimed by that owner."""

    def work(tx: Execute) -> Claim:
        if not tx.execute("SELECT 1 FROM runs").fetchall():
            asked(tx, "1")
        return claimed(tx, owner)

    return await db(work)


async def test_a_step_is_in_the_next_claim(db):
    """Whoever takes the run over finds what was recorded, and nothing else."""
    journal = Journal(db, await held(db, "former"))
    await journal.record(response(0), "resp_1")
    assert ["resp_1", None] == [journal.get(response(0)), journal.get(response(1))]
    assert "resp_1" == Journal(db, await held(db)).get(response(0))


async def test_a_step_happens_once(db):
    """Over any number of journals of the run; the recorded value is given back, falsy ones too."""
    made: list[int] = []

    async def make() -> tuple[Earlier, ...]:
        made.append(1)
        return ()

    for owner in ("first", "second", "third"):
        journal = Journal(db, await held(db, owner))
        assert [(), ()] == [await journal.once(CONTEXT, make), await journal.once(CONTEXT, make)]
    assert [1] == made


async def test_a_step_that_fails_is_not_recorded(db):
    """It is tried again the next time."""
    journal = Journal(db, await held(db))

    async def fail() -> Any:
        raise ValueError("on purpose")

    with pytest.raises(ValueError, match="on purpose"):
        await journal.once(CONTEXT, fail)
    assert journal.get(CONTEXT) is None
    assert {} == (await held(db, "next")).memo


async def test_a_former_owner_records_nothing(db):
    """It is told that the run is lost."""
    journal = Journal(db, await held(db, "former"))
    await held(db, "me")
    with pytest.raises(Lost):
        await journal.record(response(0), "resp_1")
    assert [] == await db(lambda tx: tx.execute("SELECT * FROM steps").fetchall())


async def test_posts_of_any_run_are_known_by_their_reference(db):
    """Also those of runs that have ended."""
    claim = await held(db)
    await Journal(db, claim).record(post(0), Posted("9"), ref="fake:9")
    await db(lambda tx: claims.finish(tx, claim, types.Outcome("completed"), BUDGET, 1.0, go_on=False))
    await db(lambda tx: asked(tx, "2"))
    next_one = await db(lambda tx: claims.claim(tx, thread_of(tx), "me", BUDGET))
    assert next_one is not None
    assert {"fake:9"} == await Journal(db, next_one).recorded(iter(["fake:8", "fake:9"]))
