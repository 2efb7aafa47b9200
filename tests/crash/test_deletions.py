"""A question is deleted under its answer, and the process is killed in the middle of taking that back."""

from __future__ import annotations

import time

import pytest

from core.policy.personal_data import erase
from tests.crash.oracle import Question
from tests.crash.people import on_discord, on_slack
from tests.crash.process import KILLED, until
from tests.crash.world import LIVE, World, world

ASKED = Question("alpha", 200, 60)
POINTS = {
    "slack": (
        "commit messages before",
        "commit messages after",
        "POST /chat.delete before",
        "POST /chat.delete after",
    ),
    "discord": (
        "commit messages before",
        "commit messages after",
        "DELETE /channels/…/messages/… before",
        "DELETE /channels/…/messages/… after",
    ),
}


def posts(stage: World, platform: str, place: str) -> int:
    """How many of the bot stand there."""
    return len(stage.slack.posts(place) if platform == "slack" else stage.discord.posts(place))


@pytest.mark.parametrize(("platform", "at"), [(name, at) for name, ats in POINTS.items() for at in ats])
async def test_a_kill_while_an_answer_is_taken_back(forks, tmp_path, platform, at):
    """The next start finishes it: nothing of the answer stands there, none of the question is on disk."""
    async with world(tmp_path, pace=0.3) as stage:
        place = "C1" if platform == "slack" else stage.discord.dm("200000000000000001")
        person = on_slack(stage, "u1", place) if platform == "slack" else on_discord(stage, "p1")
        process = await stage.start(forks, platform)
        await stage.connected(platform)
        await person.do(ASKED.text)
        await until(lambda: posts(stage, platform, place), 0.01)
        await process.arm(at)
        if platform == "slack":
            await stage.slack.delete("U1", place, person.said[0].id)
        else:
            await stage.discord.delete(place, person.said[0].id)
        died = await process.ended()

        await stage.start(forks, platform)
        await stage.connected(platform)
        await until(lambda: not posts(stage, platform, place), 0.02)
        await stage.rest(1.0)
        with stage.database() as db:
            live = db.execute(f"SELECT COUNT(*) FROM runs WHERE {LIVE}").fetchone()
            items = db.execute("SELECT COUNT(*) FROM items").fetchone()

        files = (tmp_path / "data").glob("spool.sqlite3*")
        assert (KILLED, (0,), (0,), 0) == (died, live, items, posts(stage, platform, place))
        assert not any(ASKED.text.encode() in file.read_bytes() for file in files)


ERASING = ("erasures after", "runs after", "usage after")


@pytest.mark.promise("P1")
@pytest.mark.parametrize("at", [f"commit {one}" for one in ERASING])
async def test_a_kill_while_a_person_is_erased(forks, tmp_path, at):
    """The next start goes on with it: none of their words is on disk, and nobody else's is missing."""
    others = Question("beta", 30, 5)
    async with world(tmp_path, pace=0.02) as stage:
        people = [on_slack(stage, user, "C1") for user in ("u1", "u2")]
        process = await stage.start(forks, "slack")
        await stage.connected("slack")
        await people[0].do(ASKED.text)
        await people[1].do(others.text)
        await stage.quiet()
        await process.arm(at)
        with stage.database() as db:
            erase(db, "slack:U1", "operator", time.time())
        died = await process.ended()

        await stage.start(forks, "slack")
        await stage.connected("slack")
        done = "SELECT 1 FROM erasures WHERE done_at IS NOT NULL"
        with stage.database() as db:
            await until(lambda: db.execute(done).fetchall(), 0.05)
        data = b"".join(file.read_bytes() for file in (tmp_path / "data").rglob("spool*"))
        assert (KILLED, False, True) == (died, b"alpha" in data, others.text.encode() in data)
