"""core.runs.runner: errors of the model, of a platform and of ours; deadlines; each ends in one outcome."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence

import pytest

from core.errors import Retryable
from core.runs.run_context import Limits
from core.texts import TEXTS
from core.types import ModelEvent, Prompt, TextDelta
from standins.script.script import Beat, Fault, Say, Wait, text_of
from tests.core.fakes import Heard
from tests.core.whole import core
from tests.logged import lines, logged
from tests.scripted_model import ScriptedModel

EN = TEXTS["en"]


async def test_a_fault_is_tried_again(tmp_path):
    """Not at once; what was shown stays until something else is there, and nobody learns of the fault."""
    script = Heard([Say("Hel"), Say("lo"), Fault("cut")], [Say("Hel"), Say("lo"), Say("!")])
    began = time.monotonic()
    async with core(tmp_path, script) as spool:
        await spool.ask("1", "Hi")
        assert ["Hel", "Hello", "Hello!"] == spool.platform.replies[0].texts
        assert ["Hello!"] == spool.platform.answers
        assert [("completed", None)] == await spool.outcomes()
        assert [("user", "Hi"), ("assistant", "Hello!")] == await spool.items()
    assert time.monotonic() - began >= 0.5
    assert ["Hi"] == [text_of(item) for item in script.requests[1][1]]


async def test_another_answer_of_the_next_attempt_replaces_the_first(tmp_path):
    """A model seldom says the same twice. What people see becomes shorter only with the last word."""
    script = Heard(
        [Say("Well, "), Fault("error")], [Say("Hel"), Say("lo, you"), Fault("error")], Say("Hello")
    )
    async with core(tmp_path, script) as spool:
        await spool.ask("1")
        assert ["Well, ", "Hello, you"] == spool.platform.replies[0].texts
        assert ["Hello"] == spool.platform.answers


async def test_three_faults_end_in_a_notice(tmp_path):
    """Longer pauses, then the truth, under what was shown; and no fourth request."""
    script = Heard()
    for _ in range(3):
        script.enqueue(Say("Hm"), Fault("failed"))
    began = time.monotonic()
    async with core(tmp_path, script) as spool:
        await spool.ask("1", "Hi")
        assert [f"Hm\n\n{EN['model_unavailable']}"] == spool.platform.answers
        assert [("failed", "server_error")] == await spool.outcomes()
        assert [("user", "Hi"), ("assistant", "Hm")] == await spool.items()
    assert time.monotonic() - began >= 0.5 + 2.0
    assert 3 == len(script.requests)


async def test_the_server_is_given_the_time_it_asks_for(tmp_path):
    """Retry-After is waited for in full, also where our own pause would be shorter."""
    script = Heard(Fault("refuse", code="rate_limit_exceeded", status=429, retry_after=0.9))
    began = time.monotonic()
    async with core(tmp_path, script) as spool:
        await spool.ask("1", "Hi")
        assert ["echo: Hi"] == spool.platform.answers
    assert 0.9 <= time.monotonic() - began < 2.0


@pytest.mark.parametrize(
    ("fault", "notice"),
    [
        (Fault("refuse", code="insufficient_quota", status=429, retry_after=0), "billing"),
        (Fault("refuse", code="invalid_api_key", status=401), "model_auth"),
        (Fault("failed", code="invalid_prompt"), "model_refused"),
        (Fault("error", code="context_length_exceeded"), "too_long"),
    ],
)
async def test_what_would_fail_again_is_told_at_once(tmp_path, fault, notice):
    """One request, one notice."""
    script = Heard(fault)
    async with core(tmp_path, script) as spool:
        await spool.ask("1")
        assert [EN[notice]] == spool.platform.answers
        assert [("failed", fault.code)] == await spool.outcomes()
    assert 1 == len(script.requests)


@pytest.mark.parametrize(("said", "known"), [("ko-KR", ""), ("", "ko")])
async def test_a_notice_is_in_the_persons_language(tmp_path, said, known):
    """Like all of our own words."""
    async with core(tmp_path, Heard(Fault("refuse", code="insufficient_quota", status=429))) as spool:
        spool.platform.locales["U1"] = known
        await spool.ask("1", locale=said)
        assert [TEXTS["ko"]["billing"]] == spool.platform.answers


async def test_errors_count_over_deaths(tmp_path):
    """Two errors before a restart and one after it are three."""
    async with core(tmp_path, Heard(Fault("refuse", status=500))) as spool:
        await spool.ask("1", attempts=2)
        assert [EN["model_unavailable"]] == spool.platform.answers


@pytest.mark.parametrize("said", [[Say("Hm")], []])
async def test_a_silent_model_is_given_up(tmp_path, said):
    """What was said stays, with one notice; another attempt would cost the same and be cut again."""
    script = Heard([*said, Fault("hang")])
    with logged() as stream:
        async with core(tmp_path, script, limits=Limits(idle=0.05, run=5)) as spool:
            await spool.ask("1", "Hi")

            notice = EN["model_unavailable"]
            assert ["\n\n".join([*(say.text for say in said), notice])] == spool.platform.answers
    assert 1 == len(script.requests)
    assert "model_idle" in {line.get("error") for line in lines(stream)}


async def test_before_the_first_byte_more_patience_is_had(tmp_path):
    """A local server reads a long prompt first; after that the ordinary time counts."""
    script = Heard([Wait(0.6), "At last."])
    async with core(tmp_path, script, limits=Limits(idle=0.2, run=5)) as spool:
        await spool.ask("1")
        assert ["At last."] == spool.platform.answers
    assert 1 == len(script.requests)


async def test_events_keep_a_slow_model_alive(tmp_path):
    """The idle time counts from the last event."""
    script = Heard([*(beat for _ in range(5) for beat in (Wait(0.05), Say("a")))])
    async with core(tmp_path, script, limits=Limits(idle=0.15, run=5)) as spool:
        await spool.ask("1")
        assert ["aaaaa"] == spool.platform.answers


async def test_an_endless_answer_is_ended(tmp_path):
    """The overall deadline is told, not retried; what was said stays."""
    script = Heard([Say("Hm"), *(Wait(0.02) if odd else Say("") for odd in (True, False) * 50)])
    async with core(tmp_path, script, limits=Limits(idle=5, run=0.2)) as spool:
        await spool.ask("1")
        assert [f"Hm\n\n{EN['timeout']}"] == spool.platform.answers
        assert [("failed", "run_deadline")] == await spool.outcomes()
    assert 1 == len(script.requests)


async def test_the_overall_deadline_is_for_all_attempts_together(tmp_path):
    """A second attempt has only what the first one left, and the idle time never exceeds it."""
    script = Heard(Fault("refuse", status=500), Fault("hang"))
    began = time.monotonic()
    async with core(tmp_path, script, limits=Limits(idle=5, run=0.8)) as spool:
        await spool.ask("1")
        assert [EN["timeout"]] == spool.platform.answers
    assert 0.8 <= time.monotonic() - began < 1.5


class Silent:
    """A model whose streams end without a terminal event."""

    async def stream(self, prompt: Prompt, *, resume: str | None = None) -> AsyncGenerator[ModelEvent, None]:
        """See `core.ports.Model`."""
        yield TextDelta("Hm")

    async def discard(self, response_id: str) -> None:
        """See `core.ports.Model`."""

    async def close(self) -> None:
        """See `core.ports.Model`."""


async def test_only_a_terminal_event_is_success(tmp_path):
    """A stream that just ends is an error, whoever wrote the model."""
    async with core(tmp_path, Silent()) as spool:
        await spool.ask("1", attempts=2)
        assert [("failed", "stream_ended_early")] == await spool.outcomes()


class Broken:
    """A script with a mistake in it."""

    def play(self, instructions: str, items: Sequence[Mapping[str, object]]) -> Iterable[Beat]:
        """See `standins.script.script.Script`."""
        raise ZeroDivisionError("on purpose")


async def test_a_bug_of_ours_is_an_error_like_any_other(tmp_path):
    """After the third one it is told; the operator finds where it was, and none of its words."""
    with logged() as stream:
        async with core(tmp_path, ScriptedModel(Broken())) as spool:
            await spool.ask("1", attempts=2)
            assert [EN["internal"]] == spool.platform.answers
            assert [("failed", "ZeroDivisionError")] == await spool.outcomes()
    found = "".join(line.get("traceback", "") for line in lines(stream))
    assert "test_runner_faults.py" in found
    assert "ZeroDivisionError" in found
    assert "on purpose" not in found


async def test_a_topic_that_cannot_be_read_now_is_tried_again(tmp_path):
    """The question is not asked without its context because a platform was busy."""

    script = Heard()
    async with core(tmp_path, script) as spool:
        spool.platform.topic_faults.append(Retryable("ratelimited"))
        await spool.ask("1", "Hi", inside_topic=True)
        assert ["echo: Hi"] == spool.platform.answers
    assert 1 == len(script.requests)
