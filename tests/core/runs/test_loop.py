"""core.runs.loop: what is asked in another way when it was refused, what servers cannot do, who answers."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from functools import partial
from typing import Any

import pytest

from core.errors import Permanent
from core.store import assistants
from core.tools import Toolbox
from core.types import Address, Finished, ModelEvent, Prompt, TextDelta
from standins.script.script import Fault, Hosted, Say, Scenario
from tests.core.fakes import HERE, Heard, elsewhere
from tests.core.served import EN, again, assistant, given, killed, looking, said, served, statuses, tools
from tests.core.whole import core, rules
from tests.logged import lines, logged
from tests.scripted_model import ScriptedModel


def look(place: str) -> str:
    """Look."""
    return f"{place} is empty"


BOX = Toolbox.of(look)
WHO = assistant(tools=tools("def:look", "web_search", "code_interpreter"))


class Stubborn:
    """A model that takes no tools."""

    def __init__(self) -> None:
        self.asked = 0

    async def stream(self, prompt: Prompt, *, resume: str | None = None) -> AsyncGenerator[ModelEvent, None]:
        """See `core.ports.Model`."""
        self.asked += 1
        if prompt.tools:
            raise Permanent("http_400", notice="tools_refused")
        yield TextDelta("Hi.")
        yield Finished("completed")

    async def discard(self, response_id: str) -> None:
        """See `core.ports.Model`."""

    async def close(self) -> None:
        """See `core.ports.Model`."""


def missing(*names: str) -> str:
    """The line under an answer that names tools."""
    return EN["tools_missing"].format(names=", ".join(f"`{name}`" for name in names))


HOSTED = ("web_search", "code_interpreter")
GONE = {"tool_resources": {"file_search": {"vector_store_ids": ["vs_gone"]}}}
BAD = assistant(tools=tools("def:look", {"type": "web_search", "no_such_option": True}))


@pytest.mark.parametrize(
    ("server", "who", "lost", "first"),
    [
        ({"portable": True}, WHO, HOSTED, 1),
        ({"hosted": False}, WHO, HOSTED, 3),
        ({}, BAD, HOSTED[:1], 2),
        ({}, assistant(tools=tools("def:look", "file_search"), **GONE), ["file_search"], 2),
    ],
    ids=["portable", "refuses-hosted", "refuses-one", "store-is-gone"],
)
async def test_what_a_server_does_not_take_is_left_out_and_named(tmp_path, server, who, lost, first):
    """A portable one is not asked for it, and it is said once in a thread; another is asked once a run. The
    functions work, then and later.
    """
    script, look = Heard(), looking()
    for answer in (look, "Empty.") * 2:
        script.enqueue(answer)
    async with served(tmp_path, script, toolbox=BOX, assistant=who, **server) as (spool, api):
        await spool.ask("1", "Look")
        await spool.ask("2", "Look again")
        await spool.ask("3", "And I?", user="U2")
        note = missing(*lost)
        again = "Empty." if "portable" in server else f"Empty.\n\n{note}"
        assert [f"Empty.\n\n{note}", again, f"echo: And I?\n\n{note}"] == spool.platform.answers
        assert 3 * [("completed", 0)] == await spool.rows("SELECT status, attempts FROM runs")
        sent = [len(request.body["tools"]) for request in api.requests]
    assert (first, 1) == (sent[0], sent[1])
    assert 5 == sent.count(1)


async def test_missing_tools_are_named_once_whatever_is_remembered(tmp_path):
    """An assistant that is given no history at all is not in its first turn each time."""
    script = Heard()
    how = {"type": "last_messages", "last_messages": 1}
    who = assistant(tools=tools("web_search"), truncation_strategy=how)
    async with served(tmp_path, script, portable=True, assistant=who) as (spool, _):
        for number in (1, 2):
            await spool.ask(str(number), "Hi")
        assert [f"echo: Hi\n\n{missing('web_search')}", "echo: Hi"] == spool.platform.answers
    assert [1, 1] == [len(request) for _, request in script.requests]


async def test_a_server_that_refuses_even_functions(tmp_path):
    """It is asked without any, and the next questions begin so."""
    model = Stubborn()
    async with core(tmp_path, model, toolbox=BOX) as spool:
        for id in ("1", "2"):
            await spool.ask(id, "Hi")
        assert ["Hi.", "Hi."] == spool.platform.answers
    assert 3 == model.asked


@pytest.mark.parametrize("portable", [True, False])
async def test_a_request_that_is_too_long_is_shortened_once(tmp_path, portable):
    """The window is smaller than we believed: the newer half of the history goes along."""
    script = Heard()
    how: dict[str, Any] = {"window": 500, "portable": portable, "policy": rules(budget=10_000)}
    async with served(tmp_path, script, **how) as (spool, api):
        for number in range(1, 9):
            await spool.ask(str(number), f"Fact {number}: " + "word " * 40)
        assert 8 * ["completed"] == await statuses(spool)
        assert [(0,)] == await spool.rows("SELECT MAX(attempts) FROM runs")
    assert 8 < len(api.requests) <= 16
    newest = given(script.requests)
    assert "Fact 8" in said(newest[-1:])
    assert "user" == newest[0]["role"]


async def test_a_question_that_is_too_long_by_itself(tmp_path):
    """Nothing can be left out: an honest end, without further tries; the next one is answered."""
    async with served(tmp_path, Heard(), window=500) as (spool, api):
        await spool.ask("1", "word " * 1000)
        assert (["failed"], 1) == (await statuses(spool), len(api.requests))
        await spool.ask("2", "Short")
        assert [EN["too_long"], "echo: Short"] == spool.platform.answers


@pytest.mark.parametrize("tries", [2, 9])
async def test_too_long_is_mended_once_only(tmp_path, tries):
    """A server that always says so is believed the second time."""
    async with served(tmp_path, Heard()) as (spool, api):
        await spool.ask("1", "Hi")
        api.fail("POST /responses", status=400, code="context_length_exceeded", times=tries)
        await spool.ask("2", "Ho")
        assert ["echo: Hi", EN["too_long"]] == spool.platform.answers
    assert 3 == api.asked("POST /responses")


async def test_what_was_said_before_a_failure_stays(tmp_path):
    """Words of earlier rounds and our line under them."""
    script = Heard(["I look.", looking()], Fault("refuse", code="insufficient_quota", status=429))
    async with core(tmp_path, script, toolbox=BOX) as spool:
        await spool.ask("1", "Look")
        assert [f"I look.\n\n{EN['billing']}"] == spool.platform.answers


async def test_hosted_work_is_shown_while_it_happens(tmp_path):
    """Its task is open before the tool is done, and done afterwards."""
    script = Heard([Hosted("web_search_call", {}, seconds=0.05), Say("Found.")])
    async with served(tmp_path, script, toolbox=BOX, assistant=WHO) as (spool, _):
        await spool.ask("1", "Search")
        assert ["Found."] == spool.platform.answers
        tasks = spool.platform.replies[0].tasks
    assert (("Searching the web", "in_progress"),) == tasks[0]
    assert (("Searching the web", "complete"),) == tasks[-1]


PLACES = [
    (Address("slack", "W1", "C1", "T1"), "", ["slack C1", "slack W1"]),
    (Address("discord", "G1", "T1", "T1"), "P1", ["discord T1", "discord P1", "discord G1"]),
    (Address("discord", "", "D1", "D1"), "", ["discord D1"]),
]


@pytest.mark.parametrize(("address", "parent", "places"), PLACES, ids=["slack", "discord", "direct"])
async def test_the_nearest_assignment_wins(tmp_path, address, parent, places):
    """One assignment after the other is taken away, from the nearest to the settings' assistant."""
    script = Heard()
    script.otherwise = "ok"
    order = [*places, " default"]
    async with core(tmp_path, script) as spool:
        spool.runner.platforms = dict.fromkeys(("slack", "discord"), spool.platform)

        def assign(x: Any) -> None:
            for place in order:
                one = assistants.create(x, {"name": place, "model": "m", "instructions": place}, 1.0)
                platform, id = place.split(" ")
                assistants.assign(x, platform, id, one.id)

        await spool.db(assign)
        for number in range(len(order) + 1):
            await spool.ask(str(number + 1), "Who?", address=address, parent=parent)
            if number < len(order):
                platform, place = order[number].split(" ")
                await spool.db(partial(assistants.unassign, platform=platform, place=place))
    assert [*order, "Be kind."] == [instructions for instructions, _ in script.requests]


@pytest.mark.parametrize("other", [elsewhere(channel="C2"), elsewhere(workspace="W2", channel="C3")])
async def test_an_assignment_is_for_its_place_only(tmp_path, other):
    """Other channels and workspaces, and an equal id on another platform, are not meant."""
    async with core(tmp_path, Heard()) as spool:

        def assign(x: Any) -> None:
            one = assistants.create(x, {"name": "A", "model": "m", "instructions": "I am A."}, 1.0)
            assistants.assign(x, "fake", "C1", one.id)
            assistants.assign(x, "slack", "C2", one.id)

        await spool.db(assign)
        await spool.say("1", "Hi", address=other)
        await spool.ask("2", "Hi")
    assert ["Be kind.", "I am A."] == sorted(instructions for instructions, _ in spool.script.requests)


async def test_a_run_keeps_the_version_it_began_with(tmp_path):
    """Also over a death; the next run has the new one, and each is on record."""
    script = Heard([Say("Hm"), Fault("hang")])
    async with core(tmp_path, script) as spool:
        await spool.say("1", "Hi")
        await script.until(1)
        await killed(spool)
        changes = {"instructions": "Be brief.", "model": "gpt-6.1-terra"}
        await spool.db(lambda tx: assistants.update(tx, "asst_settings", changes, 2.0))
        await again(spool)
        await spool.idle()
        await spool.ask("2", "Ho")
        who = "SELECT assistant_id, assistant_version FROM runs ORDER BY seq"
        assert [("asst_settings", 1), ("asst_settings", 2)] == await spool.rows(who)
        assert isinstance(spool.model, ScriptedModel)
        assert ["gpt-6-luna", "gpt-6-luna", "gpt-6.1-terra"] == [one.model for one in spool.model.prompts]
    assert ["Be kind.", "Be kind.", "Be brief."] == [instructions for instructions, _ in script.requests]


async def test_a_run_keeps_an_assistant_that_was_deleted(tmp_path):
    """It was asked while there was one."""
    async with core(tmp_path, Heard([Say("Hm"), Fault("hang")])) as spool:

        def assign(x: Any) -> str:
            one = assistants.create(x, {"name": "A", "model": "m", "instructions": "I am A."}, 1.0)
            assistants.assign(x, "fake", HERE.channel, one.id)
            return one.id

        id = await spool.db(assign)
        await spool.say("1", "Hi")
        await spool.script.until(1)
        await killed(spool)
        await spool.db(lambda tx: assistants.delete(tx, id, 2.0))
        await again(spool)
        await spool.idle()
        await spool.ask("2", "Ho")
        assert ["completed", "completed"] == await statuses(spool)
    assert ["I am A.", "I am A.", "Be kind."] == [instructions for instructions, _ in spool.script.requests]


async def test_several_assistants_side_by_side(tmp_path):
    """Each channel has its own, with its own functions; they answer at the same time."""
    script = Heard()
    script.otherwise = "ok"
    async with core(tmp_path, script, toolbox=BOX) as spool:

        def assign(x: Any) -> None:
            for number in range(5):
                fields = {"name": f"A{number}", "model": "m", "instructions": f"I am {number}."}
                own = {"tools": list(tools("def:look"))} if number % 2 else {}
                one = assistants.create(x, {**fields, **own}, 1.0)
                assistants.assign(x, "fake", f"C{number}", one.id)

        await spool.db(assign)
        for number in range(5):
            for user in ("U1", "U2"):
                address = elsewhere(channel=f"C{number}", topic=f"T{number}")
                await spool.ask(f"{number}{user[1]}", "Hi", address=address, user=user)
        assert 10 * ["completed"] == await statuses(spool)
    offered = {
        instructions: len(tools_)
        for (instructions, _), tools_ in zip(script.requests, script.tools, strict=True)
    }
    assert {f"I am {number}.": number % 2 for number in range(5)} == offered


async def test_a_changed_assistant_says_again_what_cannot_be_used(tmp_path):
    """Once for each of its versions in a thread, and not with every answer."""
    async with core(tmp_path, Heard(), assistant=WHO, toolbox=BOX) as spool:
        await spool.ask("1", "Hi")
        await spool.ask("2", "Hi")
        await spool.db(lambda tx: assistants.update(tx, WHO.id, {"instructions": "Be curt."}, 3.0))
        await spool.ask("3", "Hi")
    line = missing("web_search", "code_interpreter")
    assert [True, False, True] == [line in str(answer) for answer in spool.platform.answers]


async def test_what_only_the_operator_can_end_is_told_once(tmp_path):
    """A key that is refused is one error with its cure, not one with each question; again after an answer."""
    with logged("WARNING") as stream:
        async with served(tmp_path, Scenario()) as (spool, api):
            for number, refused in enumerate((True, True, False, True)):
                if refused:
                    api.fail("POST /responses", status=401, code="invalid_api_key")
                await spool.say(str(number))
                await spool.idle()

            assert ["failed", "failed", "completed", "failed"] == [end for end, _ in await spool.outcomes()]

    told = [line for line in lines(stream) if line["level"] == "ERROR"]
    assert (2, lines(stream)) == (len(told), told)
    assert "invalid_api_key" in told[0]["message"]
    assert "put a working one into OPENAI_API_KEY" in told[0]["message"]
