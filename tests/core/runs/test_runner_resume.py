"""core.runs.runner: a process that dies at any point; nothing is lost, nothing twice."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from core.errors import Retryable
from core.texts import TEXTS
from core.types import Earlier, Finished, ModelEvent, Prompt, Started, TextDelta
from standins.script.script import Fault, Say, Wait
from tests.core.fakes import Heard
from tests.core.served import reborn
from tests.core.whole import Core, core, rules
from tests.logged import lines, logged
from tests.scripted_model import ScriptedModel

EN = TEXTS["en"]


async def showing(spool: Core, text: str) -> None:
    """Returns once this is what people see."""
    await spool.platform.news.until(lambda: text in spool.platform.screen.values())


async def test_a_death_while_the_model_speaks_asks_it_again(tmp_path):
    """In the foreground nothing can be resumed; the same run shows the new answer; no error is counted."""
    script = Heard([Say("Hel"), Fault("hang")])
    async with core(tmp_path, script) as spool:
        await spool.say("1", "Hi")
        await showing(spool, "Hel")
        await reborn(spool)
        assert [None, "echo: Hi"] == spool.platform.answers
        assert 1 == len({reply.run for reply in spool.platform.replies})
        assert [("completed", None)] == await spool.outcomes()
        assert [(0,)] == await spool.rows("SELECT attempts FROM runs")
    assert 2 == len(script.requests)


async def test_a_background_response_is_resumed(tmp_path):
    """The same response is read again from its beginning, and deleted once it is recorded."""
    script = Heard([Say("Hel"), Wait(0.3), Say("lo")])
    model = ScriptedModel(script, background=True)
    async with core(tmp_path, model) as spool:
        await spool.say("1", "Hi")
        await showing(spool, "Hel")
        await spool.die()
        assert [] == model.discarded
        await spool.restart()
        await spool.idle()
        assert [None, "Hello"] == spool.platform.answers
    assert (1, 1) == (len(script.requests), len(model.resumed))
    assert model.resumed == model.discarded


async def test_a_background_response_that_is_gone_is_asked_for_anew(tmp_path):
    """After a long absence the server has forgotten it."""
    script = Heard([Say("Hel"), Fault("hang")])
    model = ScriptedModel(script, background=True)
    async with core(tmp_path, model) as spool:
        await spool.say("1", "Hi")
        await showing(spool, "Hel")
        await spool.die()
        await model.close()
        await spool.restart()
        await spool.idle()
        assert [None, "echo: Hi"] == spool.platform.answers
        assert [("completed", None)] == await spool.outcomes()


async def test_what_people_saw_stays_when_the_next_process_gets_no_answer(tmp_path):
    """The notice stands under it, and the thread remembers it."""
    script = Heard([Say("Hel"), Fault("hang")], Fault("refuse", "insufficient_quota", 429))
    async with core(tmp_path, script) as spool:
        await spool.say("1", "Hi")
        await showing(spool, "Hel")
        await reborn(spool)
        assert [None, f"Hel\n\n{EN['billing']}"] == spool.platform.answers
        assert [("user", "Hi"), ("assistant", "Hel")] == await spool.items()


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


async def test_a_recorded_answer_is_shown_without_asking_again(tmp_path):
    """A death between the model's last word and the platform's confirmation."""
    script = Heard()
    async with core(tmp_path, script) as spool:
        spool.platform.may_finish.clear()
        await spool.say("1", "Hi")
        await spool.platform.news.until(lambda: spool.platform.finishing)
        await spool.die()
        spool.platform.may_finish.set()
        await spool.restart()
        await spool.idle()
        assert [None, "echo: Hi"] == spool.platform.answers
        assert [("user", "Hi"), ("assistant", "echo: Hi")] == await spool.items()
    assert 1 == len(script.requests)


async def test_a_recorded_notice_is_shown_as_it_was(tmp_path):
    """Also one of our own lines, and the error behind it."""
    async with core(tmp_path, Heard(Fault("refuse", code="insufficient_quota", status=429))) as spool:
        spool.platform.may_finish.clear()
        await spool.say("1")
        await spool.platform.news.until(lambda: spool.platform.finishing)
        await spool.die()
        spool.platform.may_finish.set()
        await spool.restart()
        await spool.idle()
        assert [None, EN["billing"]] == spool.platform.answers
        assert [("failed", "insufficient_quota")] == await spool.outcomes()


async def test_context_is_read_once_over_deaths(tmp_path):
    """The second request of a run is given what the first one was."""
    script = Heard(Fault("hang"))
    async with core(tmp_path, script) as spool:
        await spool.say("1", "Hi", inside_topic=True)
        await script.until(1)
        await reborn(spool)
        assert 1 == len(spool.platform.read)
    assert script.requests[0] == script.requests[1]


async def test_context_left_out_stays_left_out(tmp_path):
    """Not read in time: the question is asked without it, and again without it after a death."""
    script = Heard(Fault("hang"))
    async with core(tmp_path, script) as spool:
        spool.platform.topic = [Earlier("0", "", "U9", "The plan is late.")]
        spool.platform.may_read.clear()
        await spool.say("1", "Hi", inside_topic=True)
        await script.until(1)
        spool.platform.may_read.set()
        await reborn(spool)
        assert 1 == len(spool.platform.read)
        assert "echo: Hi" == spool.platform.answers[-1]
    assert script.requests[0] == script.requests[1]
    assert "The plan" not in str(script.requests)


async def test_ten_deaths_end_in_a_notice(tmp_path):
    """Nine restarts try again; the tenth tells the person, under what was shown. No error was met."""
    script = Heard()
    for _ in range(12):
        script.enqueue(Say("Hm"), Fault("hang"))
    async with core(tmp_path, script) as spool:
        await spool.say("1")
        for count in range(1, 11):
            await script.until(count)
            await showing(spool, "Hm")
            await reborn(spool, idle=False)
        await spool.idle()
        assert f"Hm\n\n{EN['interrupted']}" == spool.platform.answers[-1]
        assert [("failed", "interrupted")] == await spool.outcomes()
        assert [(0,)] == await spool.rows("SELECT attempts FROM runs")
    assert 10 == len(script.requests)


async def test_a_clean_stop_of_the_process_is_no_death(tmp_path):
    """However often it is restarted, the answer is given."""
    script = Heard()
    for _ in range(12):
        script.enqueue(Fault("hang"))
    async with core(tmp_path, script) as spool:
        await spool.say("1", "Hi")
        for count in range(1, 13):
            await script.until(count)
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


async def test_own_texts_survive_a_death(tmp_path):
    """A confirmation that was accepted is shown, exactly once."""
    async with core(tmp_path, Heard(), policy=rules(scope="topic")) as spool:
        spool.platform.may_finish.clear()
        await spool.say("1", kind="reset")
        await spool.platform.news.until(lambda: spool.platform.finishing)
        await spool.die()
        spool.platform.may_finish.set()
        await spool.restart()
        await spool.idle()
        assert [None, EN["reset"]] == spool.platform.answers
        assert [("completed", None)] == await spool.outcomes()
