"""When the model fails: an honest short message, exactly once, or the answer after all."""

from __future__ import annotations

import pytest

from core.texts import TEXTS
from standins.script.script import Fault, Say
from standins.slack import SlackStandin
from tests.conftest import Product
from tests.slack.conversation import all_heard, exchange, shows, texts
from tests.slack.stage import Pause

EN = TEXTS["en"]
BILLING = (
    *("insufficient_quota", "credit_balance_exhausted", "organization_spend_limit_exceeded"),
    *("project_spend_limit_exceeded", "organization_usage_limit_exceeded"),
)


async def notified(slack: SlackStandin, product: Product, notice: str, timeout: float = 15) -> None:
    """A mention ends in exactly this notice; then the next one is answered as ever."""
    async with product():
        ts = await slack.mention("U1", "C1", "hello")
        await shows(slack, "C1", ts, notice, timeout=timeout)
        await slack.until(lambda: not slack.status("C1", ts))
        await exchange(slack, "U1", "C1", "next")
        await all_heard(slack)

        assert [notice] == texts(slack, "C1", ts)


async def test_without_credit_nobody_tries_again(slack, product, script):
    """One request, one notice, for each of the codes that say so."""
    for code in BILLING:
        script.perform(Fault("refuse", code, 429))
    async with product():
        for number, _ in enumerate(BILLING):
            ts = await slack.mention(f"U{number}", "C1", "hello")
            await shows(slack, "C1", ts, EN["billing"])
        await all_heard(slack)

    assert len(BILLING) == len(script.asked)
    assert [EN["billing"]] * len(BILLING) == texts(slack, "C1")


@pytest.mark.parametrize(
    ("fault", "notice"),
    [
        (Fault("refuse", "invalid_api_key", 401), "model_auth"),
        (Fault("refuse", "model_not_found", 404), "model_missing"),
        (Fault("refuse", "context_length_exceeded", 400), "too_long"),
        (Fault("refuse", "invalid_prompt", 400), "model_refused"),
        (Fault("failed", "context_length_exceeded"), "too_long"),
        (Fault("failed", "insufficient_quota"), "billing"),
        (Fault("error", "insufficient_quota"), "billing"),
    ],
    ids=lambda value: f"{value.kind}-{value.code}" if isinstance(value, Fault) else "",
)
async def test_what_will_fail_again_is_said_at_once(slack, product, script, fault, notice):
    """One request only, and a notice that says what to do."""
    script.perform(fault)

    await notified(slack, product, EN[notice])

    assert 2 == len(script.asked)


@pytest.mark.parametrize(
    "failing",
    [
        [Fault("refuse", "rate_limit_exceeded", 429, retry_after=0.1)],
        [Fault("refuse", "server_error", 500)],
        [Fault("refuse", "server_is_overloaded", 503)],
        [Fault("failed", "server_error")],
        ["Once upon", Fault("failed", "rate_limit_exceeded")],
        ["Once upon", Fault("error", "server_error")],
        [Fault("cut")],
        ["Once upon", Fault("cut")],
        ["Once upon", Fault("silent")],
    ],
    ids=lambda failing: "-".join(part if isinstance(part, str) else part.kind for part in failing),
)
async def test_what_may_pass_is_tried_again(slack, product, script, failing):
    """Before or after the first words: one answer in one post in the end, and no notice."""
    script.perform(*failing)
    script.perform("Once upon a time")
    async with product():
        ts = await slack.mention("U1", "C1", "hello")
        await shows(slack, "C1", ts, "Once upon a time", timeout=10)
        await all_heard(slack)

        assert ["Once upon a time"] == texts(slack, "C1")
        assert 2 == len(script.asked)


async def test_another_answer_the_second_time_replaces_the_first(slack, product, script):
    """A model never says the same twice: what is shown at the end is the second answer alone."""
    script.perform("The sky is green because", Fault("cut"))
    script.perform("Blue.")
    async with product():
        ts = await slack.mention("U1", "C1", "hello")
        await shows(slack, "C1", ts, "Blue.", timeout=10)
        await slack.mention("U1", "C1", "why")
        await slack.until(lambda: len(script.asked) == 3)

    assert ["hello", "Blue.", "why"] == script.asked[-1]


async def test_three_failures_are_enough(slack, product, script):
    """Then the person is told, once, and may ask again; three people here, failing in three ways."""
    people = ("U1", "U2", "U3")
    for kind in ("refuse", "failed", "cut") * 3:
        script.perform(Fault(kind))
    async with product():
        asked = [await slack.mention(user, "C1", "hello") for user in people]
        for ts in asked:
            await shows(slack, "C1", ts, EN["model_unavailable"], timeout=20)
        await all_heard(slack)
        assert 9 == len(script.asked)
        await exchange(slack, "U1", "C1", "next")

    assert 4 == len(slack.posts("C1"))


async def test_a_silent_model_is_not_waited_for_for_ever(slack, product, script):
    """No byte for MODEL_IDLE_SECONDS: what it said stays, with one notice, and it is not paid for again."""
    script.perform("Once", Fault("hang"))
    async with product(model_idle_seconds=1):
        ts = await slack.mention("U1", "C1", "hello")

        await shows(slack, "C1", ts, f"Once\n\n{EN['model_unavailable']}", timeout=10)
    assert 1 == len(script.asked)


async def test_an_endless_answer_is_ended(slack, product, script):
    """RUN_SECONDS is the overall deadline; the person is told."""
    script.perform("Once", Pause())
    async with product(run_seconds=1):
        ts = await slack.mention("U1", "C1", "hello")
        await slack.until(lambda: EN["timeout"] in "".join(texts(slack, "C1", ts)), timeout=15)
        await exchange(slack, "U1", "C1", "next")

    assert 1 == "".join(texts(slack, "C1")).count(EN["timeout"])


@pytest.mark.parametrize("reason", ["max_output_tokens", "content_filter"])
async def test_an_answer_cut_short_carries_a_note(slack, product, script, reason):
    """The text stays, the note stands under it, in the same post."""
    script.perform(Say("Once upon"), Fault("incomplete", reason))
    async with product():
        ts = await slack.mention("U1", "C1", "hello")
        await slack.until(lambda: EN[reason] in "".join(texts(slack, "C1", ts)))
        await exchange(slack, "U1", "C1", "next")
        await all_heard(slack)

    (text,) = texts(slack, "C1", ts)
    assert text.startswith("Once upon")
    assert 1 == text.count(EN[reason])
    assert EN[reason] not in "\n".join(script.asked[-1])


async def test_an_empty_answer_is_said_to_be_one(slack, product, script):
    """Completed without a word: never a blank post, never silence."""
    script.perform()
    async with product():
        ts = await slack.mention("U1", "C1", "hello")

        await shows(slack, "C1", ts, EN["empty_answer"])


async def test_a_failing_model_holds_up_nobody_else(slack, product, script):
    """While one waits to try again, another is answered."""
    script.perform(Fault("refuse", "rate_limit_exceeded", 429, retry_after=2))
    async with product():
        ts = await slack.mention("U1", "C1", "hello")
        await slack.until(lambda: script.asked)
        await exchange(slack, "U2", "C1", "me too")
        assert [] == slack.posts("C1", ts)
        await shows(slack, "C1", ts, "echo: hello")


async def test_an_unreachable_model_is_tried_again(slack, product, openai):
    """The server is away when the question comes, and back before the attempts are used up."""
    async with product():
        await openai.go_offline()
        await slack.mention("U1", "C1", "hello")
        await slack.until(lambda: slack.statuses)
        await openai.go_online()

        await shows(slack, "C1", None, "echo: hello", timeout=10)


async def test_a_blank_answer_is_an_empty_one(slack, product, script):
    """Slack would show nothing, or refuse it."""
    script.perform(Say(" \n"), Say("\t"))
    async with product():
        ts = await slack.mention("U1", "C1", "hello")

        await shows(slack, "C1", ts, EN["empty_answer"])


async def test_an_answer_cut_short_before_its_first_word(slack, product, script):
    """The note alone."""
    script.perform(Fault("incomplete", "content_filter"))
    async with product():
        ts = await slack.mention("U1", "C1", "hello")

        await shows(slack, "C1", ts, EN["content_filter"])


async def test_an_answer_that_fails_after_its_first_words_for_good(slack, product, script):
    """Something was visible already: one post, and in it the notice, once."""
    for _ in range(3):
        script.perform("Once upon", Fault("cut"))
    async with product():
        ts = await slack.mention("U1", "C1", "hello")
        await slack.until(lambda: EN["model_unavailable"] in "".join(texts(slack, "C1", ts)), timeout=10)
        await exchange(slack, "U1", "C1", "next")
        await all_heard(slack)

    (text,) = texts(slack, "C1", ts)
    assert 1 == text.count(EN["model_unavailable"])
    assert text.count("Once upon") <= 1
    assert not slack.posts("C1", ts)[0].broken
