"""core.runs over servers that are not OpenAI's: what they refuse is mended, waited for, or said."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.runs import rounds
from core.runs.run_context import Limits
from core.tools import Toolbox
from standins.openai import OpenAIStandin
from standins.openai.trouble import TOO_LONG
from standins.script.script import Call, Fault
from tests.core.fakes import HERE, Heard
from tests.core.served import EN, assistant, sent, served
from tests.core.whole import core
from tests.logged import lines, logged
from tests.samples import PDF, png
from tests.scripted_model import ScriptedModel

LOOKS = assistant(tools=({"type": "function", "function": {"name": "look"}},))
LONG = "words that fill a small window " * 40


async def talk(spool: Any, *texts: str) -> None:
    """One after the other."""
    for text in texts:
        await spool.ask(str(abs(hash(text)) + int(time.time() * 1e6)), text)


def saying(text: str) -> Heard:
    """A script that always says the same."""
    script = Heard()
    script.otherwise = text
    return script


def asked(api: OpenAIStandin) -> list[Mapping[str, Any]]:
    """The bodies of all requests for an answer."""
    return [request.body for request in api.requests]


@pytest.mark.parametrize("make", TOO_LONG)
async def test_a_full_window_never_holds_a_thread(tmp_path, make):
    """Half of the history is left out, once, in the words of any server; the next question works too."""
    async with served(tmp_path, saying("Yes."), portable=True, window=900) as (spool, api):
        api.manners.make = make
        await talk(spool, LONG, LONG, LONG, LONG, "short?", "shorter?")
        assert ["Yes."] * 6 == spool.platform.answers
    assert len(asked(api)) <= 6 * 2


@pytest.mark.parametrize("arguments", ["", " ", '{"place": "at', "[1]", "null", "NaN", '{"a": NaN}', '"x"'])
async def test_broken_arguments_do_not_poison_a_thread(tmp_path, arguments):
    """A strict server takes what is sent back in this run, and what is remembered for the next."""
    script = Heard(Call("look", arguments), "Done.")

    def look(place: str = "") -> str:
        """Look."""
        return place

    async with served(tmp_path, script, portable=True, toolbox=Toolbox.of(look), assistant=LOOKS) as (
        spool,
        api,
    ):
        api.manners.strict = True
        await talk(spool, "Look", "And now?")
        assert ["Done.", "echo: And now?"] == spool.platform.answers


@given(
    st.text() | st.recursive(st.none() | st.floats() | st.text(), lambda some: st.lists(some)).map(json.dumps)
)
def test_arguments_are_an_object_whatever_a_model_wrote(written):
    """Also those an older version remembered; nothing is lost, and what is sound stays to the letter."""
    item = {"type": "function_call", "call_id": "c", "name": "f", "arguments": written}
    sent = json.loads(rounds.sound(json.dumps(item)))["arguments"]
    assert isinstance(made := json.loads(sent), dict)
    assert sent == written or made == ({"invalid": written} if written.strip() else {})
    assert rounds.object_of('{"a":  1}') == '{"a":  1}'


@pytest.mark.parametrize("field", ["reasoning", "temperature", "stream", "prompt_cache_key"])
async def test_a_refused_field_is_left_out_from_then_on(tmp_path, field):
    """It is asked for once on that server; without a stream the answer comes whole."""
    async with served(tmp_path, Heard(), assistant=assistant(temperature=0.5)) as (spool, api):
        api.manners.unknown = {field}
        await talk(spool, "one", "two")
        assert ["echo: one", "echo: two"] == spool.platform.answers
    assert [True, False, False] == [bool(body.get(field)) for body in asked(api)]


@pytest.mark.parametrize("places", [True, False])
@pytest.mark.parametrize("bad", ["a_png", "b_pdf"])
async def test_a_refused_file_is_named_and_the_rest_answered(tmp_path, places, bad):
    """With at most three requests; where the server says which it is, the other one is seen."""
    files = {"a_png": png(), "b_pdf": PDF}
    async with served(tmp_path, saying("Seen.")) as (spool, api):
        api.manners.unreadable = {base64.b64encode(files[bad]).decode()}
        api.manners.places = places
        await spool.ask("1", "What is this?", **sent(spool, **files))
        name = bad.replace("_", ".")
        answer = str(spool.platform.answers[0])
        assert name in answer
        assert answer.startswith("Seen.\n\n📎")
        assert ("a.png" in answer and "b.pdf" in answer) is not places
        await talk(spool, "And now?")
        assert "Seen." == spool.platform.answers[1]
    assert 3 == len(asked(api))


async def test_a_refusal_that_is_not_about_the_file_does_not_blame_it(tmp_path):
    """Three requests at most, and the words for what the operator must look at."""
    script = Heard()
    for _ in range(5):
        script.enqueue(Fault("refuse", code="odd", status=400, message="no"))
    async with served(tmp_path, script) as (spool, api):
        await spool.ask("1", "What is this?", **sent(spool, a_png=png()))
        assert [EN["request_refused"]] == spool.platform.answers
    assert 2 <= len(asked(api)) <= 3


@pytest.mark.parametrize(
    "hint",
    [
        {"headers": {"retry-after-ms": "900"}},
        {"message": "Please try again in 0.9s."},
        {"headers": {"x-ratelimit-reset-tokens": "900ms", "x-ratelimit-remaining-tokens": "0"}},
    ],
)
@pytest.mark.parametrize("kind", ["refuse", "error"])
async def test_nobody_asks_before_the_time_a_server_names(tmp_path, hint, kind):
    """In headers or in words, of an HTTP answer or of an event."""
    if kind == "error" and "headers" in hint:
        return
    script = Heard(Fault(kind, code="rate_limit_exceeded", status=429, **hint))
    async with served(tmp_path, script, portable=True) as (spool, api):
        await talk(spool, "Hi")
        assert ["echo: Hi"] == spool.platform.answers
        first, second = (request.at for request in api.requests)
    assert second - first >= 0.9


async def test_a_limit_without_a_hint_is_given_longer_than_a_fault(tmp_path):
    """A bucket fills up slowly."""
    took = {}
    for status in (429, 500):
        script = Heard(Fault("refuse", code="", status=status))
        (tmp_path / str(status)).mkdir()
        began = time.monotonic()
        async with core(tmp_path / str(status), ScriptedModel(script), limits=Limits(run=8)) as spool:
            await talk(spool, "Hi")
        took[status] = time.monotonic() - began
    assert took[429] > took[500] * 2


async def test_a_wait_beyond_the_run_is_not_waited(tmp_path):
    """Nobody stares at a post for what cannot come."""
    script = Heard(Fault("refuse", code="rate_limit_exceeded", status=429, retry_after=900))
    began = time.monotonic()
    async with core(tmp_path, script, limits=Limits(run=600)) as spool:
        await talk(spool, "Hi")
        assert [EN["model_unavailable"]] == spool.platform.answers
    assert time.monotonic() - began < 5
    assert 1 == len(script.requests)


async def test_a_long_wait_is_said_with_its_time(tmp_path):
    """Until it is over, or ended by the person."""
    script = Heard(Fault("refuse", code="rate_limit_exceeded", status=429, retry_after=40))
    async with core(tmp_path, script, limits=Limits(run=600)) as spool:
        await spool.say("1", "Hi")
        await spool.platform.news.until(lambda: any(any(reply.tasks) for reply in spool.platform.replies))
        title = spool.platform.replies[0].tasks[0][0][0]
        await spool.inbox.stop(HERE, "U1")
        await spool.idle()
    assert title.startswith("Waiting for the AI service: about 4")
    assert title.endswith(" UTC")


async def test_the_log_tells_why_once_and_nothing_people_said(tmp_path):
    """Status, code, and the server's message."""
    secret = "my grandmother's maiden name"
    script = Heard()
    for _ in range(3):
        script.enqueue(Fault("refuse", code="odd", status=500, message=f"cannot parse '{secret}' in row 7"))
    with logged() as stream:
        async with served(tmp_path, script, portable=True) as (spool, _):
            await talk(spool, secret)
    told = [line["said"] for line in lines(stream) if "said" in line]
    assert 1 == len(told)
    assert "status 500, code odd" in told[0]
    assert "in row 7" in told[0]
    assert secret not in stream.getvalue()
