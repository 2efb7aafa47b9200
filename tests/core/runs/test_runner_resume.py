"""core.runs.runner: a process that dies at any point; nothing is lost, nothing twice."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from core.errors import Retryable
from core.texts import ended
from core.types import Earlier, Finished, ModelEvent, Prompt, Started, TextDelta
from standins.script.script import Fault, Say, Wait
from tests.core.fakes import Heard
from tests.core.served import EN, again, killed, reborn, showing
from tests.core.whole import core
from tests.logged import lines, logged
from tests.scripted_model import ScriptedModel

QUOTA = Fault("refuse", "insufficient_quota", 429)


@pytest.mark.parametrize(
    ("then", "status", "words", "note", "outcome"),
    [
        ([], "in_progress", "echo: Hi", "", ("completed", None)),
        ([QUOTA], "in_progress", "Hel", "billing", ("failed", "insufficient_quota")),
        ([], "cancelling", "Hel", "stopped", ("cancelled", None)),
    ],
    ids=["asked-again", "no-answer", "stopped"],
)
async def test_a_death_while_the_model_speaks(tmp_path, then, status, words, note, outcome):
    """The same run shows another answer; or what people saw stays, and why. No error is counted for it."""
    async with core(tmp_path, Heard([Say("Hel"), Fault("hang")], *then)) as spool:
        await spool.say("1", "Hi")
        await showing(spool, "Hel")
        await spool.rows("UPDATE runs SET status = ?", status)
        await reborn(spool)
        assert [None, "\n\n".join(filter(None, (words, EN.get(note))))] == spool.platform.answers
        assert 1 == len({reply.run for reply in spool.platform.replies})
        assert [outcome] == await spool.outcomes()
        assert [("user", "Hi"), ("assistant", words)] == await spool.items()
        assert then or [(0,)] == await spool.rows("SELECT attempts FROM runs")
    assert (1 if status == "cancelling" else 2) == len(spool.script.requests)


@pytest.mark.parametrize("gone", [False, True])
async def test_a_background_response_is_resumed(tmp_path, gone):
    """Read again from its beginning, and deleted once it is recorded; one that is gone is asked for anew."""
    script = Heard([Say("Hel"), Wait(0.3), Say("lo")])
    model = ScriptedModel(script, background=True)
    async with core(tmp_path, model) as spool:
        await spool.say("1", "Hi")
        await showing(spool, "Hel")
        await killed(spool)
        assert [] == model.discarded
        if gone:
            await model.close()
        await again(spool)
        await spool.idle()
        assert [None, "echo: Hi" if gone else "Hello"] == spool.platform.answers
        assert [("completed", None)] == await spool.outcomes()
    assert ((2, []) if gone else (1, model.discarded)) == (len(script.requests), model.resumed)
    assert gone or 1 == len(model.discarded)


@pytest.mark.parametrize("background", [True, False])
async def test_a_failed_response_is_deleted_and_not_resumed(tmp_path, background):
    """The next attempt is a new request."""
    script = Heard([Say("Hm"), Fault("failed")])
    model = ScriptedModel(script, background=background)
    async with core(tmp_path, model) as spool:
        await spool.ask("1", "Hi")
        assert ["echo: Hi"] == spool.platform.answers
    assert ([], 2) == (model.resumed, len(script.requests))
    assert (2 if background else 0) == len(set(model.discarded))


class Interrupted:
    """A background model that can be read only the second time."""

    def __init__(self) -> None:
        self.resumed: list[str | None] = []
        self.discarded: list[str] = []

    async def stream(self, prompt: Prompt, *, resume: str | None = None) -> AsyncGenerator[ModelEvent, None]:
        """See `core.ports.Model`."""
        self.resumed.append(resume)
        yield Started("resp_1")
        yield TextDelta("Hello")
        if resume is None:
            raise Retryable("connection_error", resumable=True)
        yield Finished("completed")

    async def discard(self, response_id: str) -> None:
        """See `core.ports.Model`."""
        self.discarded.append(response_id)

    async def close(self) -> None:
        """See `core.ports.Model`."""


async def test_a_response_that_only_could_not_be_read_is_kept(tmp_path):
    """The next attempt reads the same one again; it is deleted at the end."""
    model = Interrupted()
    async with core(tmp_path, model) as spool:
        await spool.ask("1")
        assert ["Hello"] == spool.platform.answers
    assert ([None, "resp_1"], ["resp_1"]) == (model.resumed, model.discarded)


@pytest.mark.parametrize(
    ("answers", "kind", "shown", "outcome", "words"),
    [
        ([], "ask", "echo: Hi", ("completed", None), [("user", "Hi"), ("assistant", "echo: Hi")]),
        ([QUOTA], "ask", EN["billing"], ("failed", "insufficient_quota"), [("user", "Hi")]),
        ([], "reset", ended("channel", "en"), ("completed", None), []),
    ],
)
async def test_what_was_recorded_is_shown_as_it_was(tmp_path, answers, kind, shown, outcome, words):
    """A death before the platform's confirmation: answer, notice, or text of ours; nobody is asked again."""
    async with core(tmp_path, Heard(*answers)) as spool:
        spool.platform.may_finish.clear()
        await spool.say("1", "Hi", kind=kind)
        await spool.platform.news.until(lambda: spool.platform.finishing)
        await killed(spool)
        spool.platform.may_finish.set()
        await again(spool)
        await spool.idle()
        assert ([None, shown], [outcome]) == (spool.platform.answers, await spool.outcomes())
        assert words == await spool.items()
    assert (kind == "ask") == len(spool.script.requests)


@pytest.mark.parametrize("late", [False, True])
async def test_context_is_read_once_over_deaths(tmp_path, late):
    """The second request of a run is given what the first one was; without what was not read in time."""
    async with core(tmp_path, Heard(Fault("hang"))) as spool:
        spool.platform.topic = [Earlier("0", "", "U9", "The plan is late.")]
        if late:
            spool.platform.may_read.clear()
        await spool.say("1", "Hi", inside_topic=True)
        await spool.script.until(1)
        spool.platform.may_read.set()
        await reborn(spool)
        assert 1 == len(spool.platform.read)
        assert "echo: Hi" == spool.platform.answers[-1]
    assert spool.script.requests[0] == spool.script.requests[1]
    assert late is ("The plan" not in str(spool.script.requests))


async def test_ten_deaths_end_in_a_notice(tmp_path):
    """Nine restarts try again; the tenth tells the person, under what was shown. No error was met."""
    async with core(tmp_path, Heard(*[[Say("Hm"), Fault("hang")]] * 12)) as spool:
        await spool.say("1")
        for count in range(1, 11):
            await spool.script.until(count)
            await showing(spool, "Hm")
            await reborn(spool, idle=False)
        await spool.idle()
        assert f"Hm\n\n{EN['interrupted']}" == spool.platform.answers[-1]
        assert [("failed", "interrupted")] == await spool.outcomes()
        assert [(0,)] == await spool.rows("SELECT attempts FROM runs")
    assert 10 == len(spool.script.requests)


async def test_a_clean_stop_of_the_process_is_no_death(tmp_path):
    """However often it is restarted, the answer is given."""
    async with core(tmp_path, Heard(*[Fault("hang")] * 12)) as spool:
        await spool.say("1", "Hi")
        for count in range(1, 13):
            await spool.script.until(count)
            await spool.lanes.close()
            await spool.restart()
        await spool.idle()
        assert "echo: Hi" == spool.platform.answers[-1]


async def test_a_resumed_run_says_so_in_the_log(tmp_path):
    """And its latencies count from the acceptance of the message, not from the restart."""
    script = Heard([Wait(0.1), Fault("hang")])
    with logged() as stream:
        async with core(tmp_path, script) as spool:
            await spool.say("1", "Hi")
            await script.until(1)
            await spool.rows("UPDATE runs SET created_at = created_at - 100")
            await reborn(spool)
    line = lines(stream)[-1]
    assert line["resumed"]
    assert 100 < line["first_token_s"] < 110
