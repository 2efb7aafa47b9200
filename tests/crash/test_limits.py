"""Killed between a message that is over a limit and its notice."""

from __future__ import annotations

import asyncio

import pytest

from tests.crash.oracle import Question
from tests.crash.people import on_slack
from tests.crash.process import KILLED, until
from tests.crash.world import world

NOTICE = "chat.postEphemeral"
ONE, TWO = Question("alpha", 12, 1), Question("beta", 12, 1)


@pytest.mark.promise("L1")
@pytest.mark.parametrize(
    "point", ["commit messages after", f"POST /{NOTICE} before", f"POST /{NOTICE} after"]
)
async def test_its_person_is_told_by_the_next_process(forks, tmp_path, point):
    """Once; after a death with the notice just out, again. The model never hears of it."""
    async with world(tmp_path) as stage:
        stage.settings = {"LIMIT_PERSON_MINUTE": "1"}
        person = on_slack(stage, "u1", "C1")
        process = await stage.start(forks, "slack")
        await stage.connected("slack")
        await person.do(ONE.text)
        await until(lambda: stage.answered(person.said[0]), 0.01)
        await process.arm(point)
        asking = asyncio.create_task(person.do(TWO.text))
        assert await process.ended() == KILLED

        started = len(stage.slack.calls)
        await stage.start(forks, "slack")
        await stage.connected("slack")
        await asking
        await until(lambda: [one for one in stage.slack.calls[started:] if one.method == NOTICE], 0.01)
        await stage.rest(0.5)
        told = [str(one.args["text"]) for one in stage.slack.calls if one.method == NOTICE]
        assert len(told) == (2 if point == f"POST /{NOTICE} after" else 1)
        assert "Please send it again from" in told[0]
        assert not any(TWO.text in str(request.body) for request in stage.openai.requests)
