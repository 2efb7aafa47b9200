"""core.runs.loop: what is asked in another way when it was refused, what servers cannot do, who answers."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from functools import partial
from typing import Any

import pytest

from core.errors import Permanent
from core.store import assistants
from core.tools import Toolbox
from core.types import Address, Finished, ModelEvent, Prompt
from standins.script.script import Call, Fault, Hosted, Say, Scenario
from tests.core.fakes import HERE, Heard, elsewhere
from tests.core.served import EN, again, assistant, given, killed, said, served, statuses, tools
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
        yield Finished("completed")

    async def discard(self, response_id: str) -> None:
        """See `core.ports.Model`."""

    async def close(self) -> None:
        """See `core.ports.Model`."""


def missing(*names: str) -> str:
    """The line under an answer that names tools."""
    return EN["tools_missing"].format(names=", ".join(f"`{name}`" for name in names))


async def test_a_portable_server_is_not_asked_for_hosted_tools(tmp_path):
    """Which are missing is said once in a thread; the functions work, then and later."""
    script = Heard()
    for _ in range(2):
        script.enqueue(Call("look", {"place": "attic"}))
        script.enqueue("Empty.")
    async with served(tmp_path, script, portable=True, toolbox=BOX, assistant=WHO) as (spool, api):
        await spool.say("1", "Look")
        await spool.idle()
        await spool.say("2", "Look again")
        await spool.idle()
        await spool.say("3", "And I?", user="U2")
        await spool.idle()

        note = missing("web_search", "code_interpreter")
        assert [f"Empty.\n\n{note}", "Empty.", f"echo: And I?\n\n{note}"] == spool.platform.answers
    assert [["function"]] * 5 == [
        [tool["type"] for tool in request.body["tools"]] for request in api.requests
    ]


async def test_missing_tools_are_named_once_whatever_is_remembered(tmp_path):
    """An assistant that is given no history at all is not in its first turn each time."""
    script = Heard()
    how = {"type": "last_messages", "last_messages": 1}
    who = assistant(tools=tools("web_search"), truncation_strategy=how)
    async with served(tmp_path, script, portable=True, assistant=who) as (spool, _):
        for number in (1, 2):
            await spool.say(str(number), "Hi")
            await spool.idle()

        assert [f"echo: Hi\n\n{missing('web_search')}", "echo: Hi"] == spool.platform.answers
    assert [1, 1] == [len(request) for _, request in script.requests]


async def test_a_server_that_refuses_hosted_tools_is_asked_without(tmp_path):
    """It was believed to have everything: the same run goes on without them, and says so."""
    script = Heard()
    script.enqueue(Call("look", {"place": "attic"}))
    script.enqueue("Empty.")
    async with served(tmp_path, script, hosted=False, toolbox=BOX, assistant=WHO) as (spool, api):
        await spool.say("1", "Look")
        await spool.idle()

        note = missing("web_search", "code_interpreter")
        assert [f"Empty.\n\n{note}"] == spool.platform.answers
        assert [("completed", None)] == await spool.outcomes()
        assert [(0,)] == await spool.rows("SELECT attempts FROM runs")
        sent = [[tool["type"] for tool in request.body["tools"]] for request in api.requests]
    assert [["function", "web_search", "code_interpreter"], ["function"], ["function"]] == sent


async def test_a_server_that_refuses_even_functions(tmp_path):
    """There is no other way left: the person reads whom to tell."""
    model = Stubborn()
    async with core(tmp_path, model, toolbox=BOX) as spool:
        await spool.say("1", "Hi")
        await spool.idle()

        assert [EN["tools_refused"]] == spool.platform.answers
        assert [("failed", "http_400")] == await spool.outcomes()
    assert 1 == model.asked


async def test_a_tool_the_server_never_takes(tmp_path):
    """The run says what is wrong instead of dying of it."""
    script = Heard()
    script.enqueue(Call("look", {"place": "attic"}))
    script.enqueue("Empty.")
    bad = {"type": "web_search", "no_such_option": True}
    who = assistant(tools=tools("def:look", bad))
    async with served(tmp_path, script, toolbox=BOX, assistant=who) as (spool, _):
        await spool.say("1", "Hi")
        await spool.idle()

        assert [f"Empty.\n\n{missing('web_search')}"] == spool.platform.answers


async def test_a_store_that_is_gone_does_not_end_the_thread(tmp_path):
    """Somebody deleted the documents at the server: the answer comes without them."""
    script = Heard()
    who = assistant(
        tools=tools("def:look", "file_search"),
        tool_resources={"file_search": {"vector_store_ids": ["vs_gone"]}},
    )
    async with served(tmp_path, script, toolbox=BOX, assistant=who) as (spool, _):
        await spool.say("1", "Hi")
        await spool.idle()

        assert [f"echo: Hi\n\n{missing('file_search')}"] == spool.platform.answers


@pytest.mark.parametrize("portable", [True, False])
async def test_a_request_that_is_too_long_is_shortened_once(tmp_path, portable):
    """The window is smaller than we believed: the newer half of the history goes along."""
    script = Heard()
    how: dict[str, Any] = {"window": 500, "portable": portable, "policy": rules(budget=10_000)}
    async with served(tmp_path, script, **how) as (spool, api):
        for number in range(1, 9):
            await spool.say(str(number), f"Fact {number}: " + "word " * 40)
            await spool.idle()

        assert 8 * ["completed"] == await statuses(spool)
        assert [(0,)] == await spool.rows("SELECT MAX(attempts) FROM runs")
    assert 8 < len(api.requests) <= 16
    newest = given(script.requests)
    assert "Fact 8" in said(newest[-1:])
    assert "user" == newest[0]["role"]


async def test_a_question_that_is_too_long_by_itself(tmp_path):
    """Nothing can be left out: an honest end, without further tries."""
    script = Heard()
    async with served(tmp_path, script, window=500) as (spool, api):
        await spool.say("1", "word " * 1000)
        await spool.idle()

        assert [EN["too_long"]] == spool.platform.answers
        assert ["failed"] == await statuses(spool)
    assert 1 == len(api.requests)


async def test_a_thread_goes_on_after_a_question_that_was_too_long(tmp_path):
    """What was refused does not stand in the way of the next one."""
    script = Heard()
    async with served(tmp_path, script, window=500) as (spool, _):
        await spool.say("1", "word " * 1000)
        await spool.idle()
        await spool.say("2", "Short")
        await spool.idle()

        assert "echo: Short" == spool.platform.answers[-1]


@pytest.mark.parametrize("tries", [2, 9])
async def test_too_long_is_mended_once_only(tmp_path, tries):
    """A server that always says so is believed the second time."""
    script = Heard()
    async with served(tmp_path, script) as (spool, api):
        await spool.say("1", "Hi")
        await spool.idle()
        api.fail("POST /responses", status=400, code="context_length_exceeded", times=tries)
        await spool.say("2", "Ho")
        await spool.idle()

        assert ["echo: Hi", EN["too_long"]] == spool.platform.answers
    assert 3 == api.asked("POST /responses")


async def test_what_was_said_before_a_failure_stays(tmp_path):
    """Words of earlier rounds and our line under them."""
    script = Heard()
    script.enqueue("I look.", Call("look", {"place": "attic"}))
    script.enqueue(Fault("refuse", code="insufficient_quota", status=429))
    async with core(tmp_path, ScriptedModel(script), toolbox=BOX) as spool:
        await spool.say("1", "Look")
        await spool.idle()

        assert [f"I look.\n\n{EN['billing']}"] == spool.platform.answers


async def test_hosted_work_is_shown_while_it_happens(tmp_path):
    """Its task is open before the tool is done, and done afterwards."""
    script = Heard()
    script.enqueue(Hosted("web_search_call", {}, seconds=0.05), Say("Found."))
    async with served(tmp_path, script, toolbox=BOX, assistant=WHO) as (spool, _):
        await spool.say("1", "Search")
        await spool.idle()

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
    async with core(tmp_path, ScriptedModel(script)) as spool:
        spool.runner.platforms = dict.fromkeys(("slack", "discord"), spool.platform)

        def assign(x: Any) -> None:
            for place in order:
                one = assistants.create(x, {"name": place, "model": "m", "instructions": place}, 1.0)
                platform, id = place.split(" ")
                assistants.assign(x, platform, id, one.id)

        await spool.db(assign)
        for number in range(len(order) + 1):
            await spool.say(str(number + 1), "Who?", address=address, parent=parent)
            await spool.idle()
            if number < len(order):
                platform, place = order[number].split(" ")
                await spool.db(partial(assistants.unassign, platform=platform, place=place))
    assert [*order, "Be kind."] == [instructions for instructions, _ in script.requests]


@pytest.mark.parametrize("other", [elsewhere(channel="C2"), elsewhere(workspace="W2", channel="C3")])
async def test_an_assignment_is_for_its_place_only(tmp_path, other):
    """Other channels and workspaces, and an equal id on another platform, are not meant."""
    script = Heard()
    async with core(tmp_path, ScriptedModel(script)) as spool:

        def assign(x: Any) -> None:
            one = assistants.create(x, {"name": "A", "model": "m", "instructions": "I am A."}, 1.0)
            assistants.assign(x, "fake", "C1", one.id)
            assistants.assign(x, "slack", "C2", one.id)

        await spool.db(assign)
        await spool.say("1", "Hi", address=other)
        await spool.say("2", "Hi")
        await spool.idle()
    assert ["Be kind.", "I am A."] == sorted(instructions for instructions, _ in script.requests)


async def test_a_run_keeps_the_version_it_began_with(tmp_path):
    """Also over a death; the next run has the new one, and each is on record."""
    script = Heard()
    script.enqueue(Say("Hm"), Fault("hang"))
    async with core(tmp_path, ScriptedModel(script)) as spool:
        await spool.say("1", "Hi")
        await script.until(1)
        await killed(spool)
        changes = {"instructions": "Be brief.", "model": "gpt-6.1-terra"}
        await spool.db(lambda tx: assistants.update(tx, "asst_settings", changes, 2.0))
        await again(spool)
        await spool.idle()
        await spool.say("2", "Ho")
        await spool.idle()

        who = "SELECT assistant_id, assistant_version FROM runs ORDER BY seq"
        assert [("asst_settings", 1), ("asst_settings", 2)] == await spool.rows(who)
        assert isinstance(spool.model, ScriptedModel)
        assert ["gpt-6-luna", "gpt-6-luna", "gpt-6.1-terra"] == [one.model for one in spool.model.prompts]
    assert ["Be kind.", "Be kind.", "Be brief."] == [instructions for instructions, _ in script.requests]


async def test_a_run_keeps_an_assistant_that_was_deleted(tmp_path):
    """It was asked while there was one."""
    script = Heard()
    script.enqueue(Say("Hm"), Fault("hang"))
    async with core(tmp_path, ScriptedModel(script)) as spool:

        def assign(x: Any) -> str:
            one = assistants.create(x, {"name": "A", "model": "m", "instructions": "I am A."}, 1.0)
            assistants.assign(x, "fake", HERE.channel, one.id)
            return one.id

        id = await spool.db(assign)
        await spool.say("1", "Hi")
        await script.until(1)
        await killed(spool)
        await spool.db(lambda tx: assistants.delete(tx, id, 2.0))
        await again(spool)
        await spool.idle()
        await spool.say("2", "Ho")
        await spool.idle()

        assert ["completed", "completed"] == await statuses(spool)
    assert ["I am A.", "I am A.", "Be kind."] == [instructions for instructions, _ in script.requests]


async def test_several_assistants_side_by_side(tmp_path):
    """Each channel has its own, with its own functions; they answer at the same time."""
    script = Heard()
    script.otherwise = "ok"
    async with core(tmp_path, ScriptedModel(script), toolbox=BOX) as spool:

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
                await spool.say(f"{number}{user[1]}", "Hi", address=address, user=user)
        await spool.idle()

        assert 10 * ["completed"] == await statuses(spool)
    offered = {
        instructions: len(tools_)
        for (instructions, _), tools_ in zip(script.requests, script.tools, strict=True)
    }
    assert {f"I am {number}.": number % 2 for number in range(5)} == offered


async def test_a_changed_assistant_says_again_what_cannot_be_used(tmp_path):
    """Once for each of its versions in a thread, and not with every answer."""
    async with core(tmp_path, ScriptedModel(Heard()), assistant=WHO, toolbox=BOX) as spool:
        await spool.say("1", "Hi")
        await spool.idle()
        await spool.say("2", "Hi")
        await spool.idle()
        await spool.db(lambda tx: assistants.update(tx, WHO.id, {"instructions": "Be curt."}, 3.0))
        await spool.say("3", "Hi")
        await spool.idle()

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
