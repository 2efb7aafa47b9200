"""core.runs.runner: errors of the model, of a platform and of ours; deadlines; each ends in one outcome."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from typing import Any

import pytest

from core.errors import Retryable
from core.runs.run_context import Limits
from core.texts import TEXTS
from core.types import ModelEvent, Person, Prompt, TextDelta
from standins.script.script import Beat, Fault, Hosted, Say, Wait
from tests.core.fakes import TIMEOUT, Heard
from tests.core.served import EN
from tests.core.whole import core
from tests.logged import lines, logged
from tests.scripted_model import ScriptedModel

QUOTA = Fault("refuse", code="insufficient_quota", status=429, retry_after=0)
DOWN = Fault("refuse", status=500)
BUSY = Fault("refuse", code="rate_limit_exceeded", status=429, retry_after=0.9)
KEY = Fault("refuse", code="invalid_api_key", status=401)
CUT_OFF = Fault("incomplete", code="")
FULL = Fault("error", code="context_length_exceeded")
DRAW, DRAWN = Hosted("image_generation_call", seconds=0.4), Hosted("image_generation_call")
IDLE, SHORT = Limits(idle=0.2, run=TIMEOUT), Limits(idle=5, run=0.2)
REASONS = {"max_output_tokens": "max_output_tokens", "content_filter": "content_filter", "odd": "incomplete"}
ENDS: dict[str, tuple[list[Any], Limits | None, str, str, str]] = {
    "cut": ([[Say("Hel"), Say("lo"), Fault("cut")], "Hello!"], None, "Hello!", "", ""),
    "error": ([[Say("Well, "), Fault("error")], Say("Hello")], None, "Hello", "", ""),
    "three": ([[Say("Hm"), Fault("failed")]] * 3, None, "Hm", "model_unavailable", "failed server_error"),
    "over-deaths": ([DOWN], None, "", "model_unavailable", "failed server_error"),
    "quota": ([QUOTA], None, "", "billing", "failed insufficient_quota"),
    "key": ([KEY], None, "", "model_auth", "failed invalid_api_key"),
    "prompt": ([Fault("failed", code="invalid_prompt")], None, "", "model_refused", "failed invalid_prompt"),
    "long": ([FULL], None, "", "too_long", "failed context_length_exceeded"),
    # a silence is not tried again: another attempt would cost the same and be cut again
    "silent": ([Fault("hang")], Limits(idle=0.05, run=5), "", "model_unavailable", "failed model_idle"),
    "fell-silent": ([[Say("Hm"), Fault("hang")]], IDLE, "Hm", "model_unavailable", "failed model_idle"),
    # a local server reads a long prompt first, and a picture takes its time; what is done does not count
    "first-byte": ([[Wait(0.6), "At last."]], IDLE, "At last.", "", ""),
    "slow": ([[Wait(0.1), Say("a")] * 4], IDLE, "aaaa", "", ""),
    "drawing": ([[DRAW, "There."]], IDLE, "There.", "", ""),
    "drawn": ([[DRAWN, Wait(TIMEOUT), "Never."]], IDLE, "", "model_unavailable", "failed model_idle"),
    "endless": ([[Say("Hm"), *[Wait(0.02), Say("")] * 50]], SHORT, "Hm", "timeout", "failed run_deadline"),
    # the deadline is for all attempts together
    "deadline": ([DOWN, Fault("hang")], Limits(idle=5, run=0.8), "", "timeout", "failed run_deadline"),
    "asked-for": ([BUSY], None, "echo: Hi", "", ""),
    "incomplete": (
        [[Say("Hm"), Fault("incomplete", code="")]],
        None,
        "Hm",
        "incomplete",
        "incomplete incomplete",
    ),
    **{
        code: ([[Say("Hm"), Fault("incomplete", code=code)]], None, "Hm", note, f"incomplete {code}")
        for code, note in REASONS.items()
    },
}
"""The model's answers; the words that stay, the note under them, and status and error of the run."""
TRIES = {"cut": 2, "error": 2, "three": 3, "deadline": 2, "asked-for": 2}
"""How often the model is asked; once unless told."""
SECONDS = {"cut": (0.5, 9), "three": (2.5, 9), "deadline": (0.8, 1.5), "asked-for": (0.9, 2)}


@pytest.mark.parametrize("name", ENDS)
async def test_a_run_has_one_end(tmp_path, name):
    """What was said stays, our line stands under it, and only the model's words are remembered."""
    answers, limits, words, note, outcome = ENDS[name]
    script, began = Heard(*answers), time.monotonic()
    async with core(tmp_path, script, limits=limits) as spool:
        await spool.ask("1", "Hi", attempts=2 * (name == "over-deaths"))
        assert ["\n\n".join(filter(None, (words, EN.get(note))))] == spool.platform.answers
        assert [tuple(outcome.split()) or ("completed", None)] == await spool.outcomes()
        assert [("user", "Hi"), *[("assistant", words)] * bool(words)] == await spool.items()
    least, most = SECONDS.get(name, (0, 60))
    assert least <= time.monotonic() - began < most
    assert TRIES.get(name, 1) == len(script.requests)
    assert all(request == script.requests[0] for request in script.requests)


async def test_what_people_see_becomes_shorter_only_with_the_last_word(tmp_path):
    """A model seldom says the same twice: what was shown stays until something else is there."""
    faulty = [[Say("Well, "), Fault("error")], [Say("Hel"), Say("lo, you"), Fault("error")]]
    async with core(tmp_path, Heard(*faulty, Say("Hello"))) as spool:
        await spool.ask("1")
        assert ["Well, ", "Hello, you"] == spool.platform.replies[0].texts
        assert ["Hello"] == spool.platform.answers


@pytest.mark.parametrize(("said", "known"), [("ko-KR", ""), ("", "ko")])
async def test_a_notice_is_in_the_persons_language(tmp_path, said, known):
    """Like all of our own words."""
    async with core(tmp_path, Heard(QUOTA)) as spool:
        spool.platform.people["U1"] = Person(locale=known)
        await spool.ask("1", locale=said)
        assert [TEXTS["ko"]["billing"]] == spool.platform.answers


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
    async with core(tmp_path, Heard()) as spool:
        spool.platform.topic_faults.append(Retryable("ratelimited"))
        await spool.ask("1", "Hi", inside_topic=True)
        assert ["echo: Hi"] == spool.platform.answers
    assert 1 == len(spool.script.requests)
