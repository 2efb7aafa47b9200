"""What is told of what changed: nothing is left out, however old, or however unlucky a look."""

from __future__ import annotations

from contextlib import aclosing, closing
from pathlib import Path

from core.api.console import changes
from core.api.console.changes import RECENT, Changes
from core.api.console.looks import Looks
from core.api.key import Key
from core.store.database import FILE, Database, Execute
from core.store.reading import Reading, TooSlow

KEY = Key("key_1", "mina", "team")


class Unlucky(Reading):
    """Gives up the look of that number."""

    left = 0

    async def __call__(self, work):
        self.left -= 1
        if self.left == 0:
            raise TooSlow
        return await super().__call__(work)


async def test_the_end_of_an_old_run_is_told_though_a_look_was_given_up(tmp_path: Path, monkeypatch):
    """The page that shows it as going on hears of it."""
    monkeypatch.setattr(changes, "PAUSE", 0.01)
    with closing(Database(tmp_path / FILE)) as db, closing(Unlucky(tmp_path / FILE)) as read:
        await db(_made)
        told = Changes(Looks(db, read))
        async with aclosing(told.follow(KEY, "")) as events:
            assert "hello" == getattr(await anext(events), "name", "")
            read.left = 2  # the runs are seen, and their threads are not
            await db(
                lambda tx: tx.execute("UPDATE runs SET status = 'completed', ended_at = 9 WHERE seq = 1")
            )
            change = await anext(events)
            assert change
            assert ("run", True) == (change.name, b'"id":"run_1","' in change.data)
        await told.close()


def _made(tx: Execute) -> None:
    tx.execute("INSERT INTO threads (id, created_at, origin, project) VALUES ('thread_1', 1, 'api', 'team')")
    for number in range(1, RECENT + 10):
        state = ("in_progress", None) if number == 1 else ("completed", 2.0)
        tx.execute(
            "INSERT INTO runs (id, lane, thread_id, status, ended_at, created_at) "
            "VALUES (?, ?, 'thread_1', ?, ?, 1)",
            (f"run_{number}", f"lane_{number}", *state),
        )
