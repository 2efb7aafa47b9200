"""runs.approvals, runs.tool_calls: what has effects happens with a yes of who asked, and never twice."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from core.errors import TooLarge, Unreachable
from core.runs.run_context import Limits
from core.tools import Toolbox, tool
from core.types import ApprovalRequest
from standins.script.script import Call, outputs
from tests.core.fakes import HERE, TIMEOUT, Heard, elsewhere
from tests.core.served import EN, again, given, killed, kinds, reborn, recorded, statuses, stored, until
from tests.core.whole import Core, core

PATIENT = Limits(idle=TIMEOUT, run=TIMEOUT, approval=60)


class Post:
    """A tool that sends, and counts how often; `stuck` holds it in the middle."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.begun = asyncio.Event()
        self.may = asyncio.Event()
        self.may.set()

    def toolbox(self) -> Toolbox:
        """It, and one without effects."""

        @tool(confirm=True)
        async def send(to: str) -> str:
            """Send a letter."""
            self.sent.append(to)
            self.begun.set()
            await self.may.wait()
            return f"sent to {to}"

        def look(place: str) -> str:
            """Look."""
            return f"{place} is empty"

        return Toolbox.of(send, look)


def asking(*to: str) -> Heard:
    """A model that wants to send, and then tells what came of it."""
    script = Heard()
    script.enqueue(*(Call("send", {"to": one}, id=f"call_{one}") for one in to))
    script.enqueue(lambda items: " / ".join(outputs(items).values()))
    return script


def opened(directory: Path, script: Heard, post: Post, **more: Any) -> Any:
    """The core with that tool."""
    more.setdefault("limits", PATIENT)
    return core(directory, script, toolbox=post.toolbox(), **more)


async def question(spool: Core, count: int = 1) -> ApprovalRequest:
    """The newest question, once there are so many."""
    await spool.platform.news.until(lambda: len(spool.platform.questions) >= count)
    return list(spool.platform.questions.values())[-1]


async def waiting(spool: Core) -> None:
    """Returns once a run waits for a person."""

    async def holds() -> bool:
        return "requires_action" in await statuses(spool)

    await until(holds)


async def test_it_happens_after_a_yes(tmp_path):
    """Nothing before; then exactly what was asked about; the question has no buttons any more."""
    post, script = Post(), asking("bob")
    async with opened(tmp_path, script, post) as spool:
        await spool.say("1", "Write to Bob")
        asked = await question(spool)
        await waiting(spool)
        assert ([], 1) == (post.sent, len(script.requests))
        assert "U1" == asked.person
        assert "send" in asked.text
        assert '"to": "bob"' in asked.text

        assert "done" == await spool.inbox.decide(asked.id, "U1", True)
        await spool.idle()

        assert ["bob"] == post.sent
        assert ["sent to bob"] == spool.platform.answers
        assert {asked.id: EN["approval_approved"].format(name="send")} == spool.platform.decisions
        assert ["completed"] == await statuses(spool)


async def test_a_no_is_a_no(tmp_path):
    """The model reads that it was not allowed and goes on."""
    post, script = Post(), asking("bob")
    async with opened(tmp_path, script, post) as spool:
        await spool.say("1")
        asked = await question(spool)
        assert "done" == await spool.inbox.decide(asked.id, "U1", False)
        await spool.idle()

        assert [] == post.sent
        assert ["completed"] == await statuses(spool)
        assert {asked.id: EN["approval_refused"].format(name="send")} == spool.platform.decisions
    (result,) = outputs(given(script.requests)).values()
    assert result.startswith("error")
    assert "not allow" in result


async def test_only_the_person_who_asked_decides(tmp_path):
    """Another's press changes nothing, whatever it says."""
    post, script = Post(), asking("bob")
    async with opened(tmp_path, script, post) as spool:
        await spool.say("1")
        asked = await question(spool)
        assert ["not_yours"] * 2 == [await spool.inbox.decide(asked.id, "U2", yes) for yes in (True, False)]
        assert ([], ["requires_action"]) == (post.sent, await statuses(spool))

        await spool.inbox.decide(asked.id, "U1", True)
        await spool.idle()
        assert ["bob"] == post.sent


async def test_it_is_decided_once(tmp_path):
    """Whatever is pressed later, and on questions there never were."""
    post, script = Post(), asking("bob")
    async with opened(tmp_path, script, post) as spool:
        await spool.say("1")
        asked = await question(spool)
        presses = [spool.inbox.decide(asked.id, "U1", yes) for yes in (True, True, False)]
        assert ["done", "over", "over"] == list(await asyncio.gather(*presses))
        assert "over" == await spool.inbox.decide("appr_none", "U1", True)
        await spool.idle()

        assert ["bob"] == post.sent


async def test_nobody_answers(tmp_path):
    """After its time it is not done; a late yes does not do it."""
    post, script = Post(), asking("bob")
    limits = Limits(idle=TIMEOUT, run=TIMEOUT, approval=0.1)
    async with opened(tmp_path, script, post, limits=limits) as spool:
        await spool.say("1")
        asked = await question(spool)
        await spool.idle()

        assert "over" == await spool.inbox.decide(asked.id, "U1", True)
        assert {asked.id: EN["approval_expired"].format(name="send")} == spool.platform.decisions
        assert ["completed"] == await statuses(spool)
    assert [] == post.sent
    (result,) = outputs(given(script.requests)).values()
    assert result.startswith("error")


async def test_ten_minutes_are_given():
    """Where nothing else is said."""
    assert 600 == Limits().approval


@pytest.mark.parametrize("kind", ["ask", "help", "reset"])
async def test_a_new_message_of_that_person_is_a_no(tmp_path, kind):
    """Of any kind; then it is answered itself."""
    post, script = Post(), asking("bob")
    async with opened(tmp_path, script, post) as spool:
        await spool.say("1", "Write to Bob")
        asked = await question(spool)
        await waiting(spool)
        await spool.ask("2", "No, wait", kind=kind)

        assert [] == post.sent
        assert {asked.id: EN["approval_refused"].format(name="send")} == spool.platform.decisions
        assert "over" == await spool.inbox.decide(asked.id, "U1", True)
        assert ["completed", "completed"] == await statuses(spool)


@pytest.mark.parametrize(
    "more", [{"user": "U2"}, {"address": elsewhere(channel="C2")}], ids=["another", "elsewhere"]
)
async def test_a_message_of_somebody_else_is_no_answer(tmp_path, more):
    """Nor one of the same person in another conversation."""
    post, script = Post(), asking("bob")
    async with opened(tmp_path, script, post) as spool:
        await spool.say("1")
        asked = await question(spool)
        await waiting(spool)
        await spool.say("2", "Hello", **more)
        await spool.platform.news.until(lambda: len(spool.platform.replies) == 2)
        assert "done" == await spool.inbox.decide(asked.id, "U1", True)
        await spool.idle()

        assert ["bob"] == post.sent


async def test_the_deadline_stands_still(tmp_path):
    """A person may think longer than a run may take; the run then has what was left of its time."""
    post, script = Post(), asking("bob")
    limits = Limits(idle=TIMEOUT, run=0.3, approval=60)
    async with opened(tmp_path, script, post, limits=limits) as spool:
        await spool.say("1")
        asked = await question(spool)
        await waiting(spool)
        await asyncio.sleep(0.5)
        assert ["requires_action"] == await statuses(spool)
        await spool.inbox.decide(asked.id, "U1", True)
        await spool.idle()

        assert ["sent to bob"] == spool.platform.answers
        assert ["completed"] == await statuses(spool)


async def test_two_questions_at_once(tmp_path):
    """Each call has a question of its own; the run goes on when both are decided."""
    post, script = Post(), asking("bob", "eve")
    async with opened(tmp_path, script, post) as spool:
        await spool.say("1")
        await question(spool, 2)
        by_name = {("bob" if "bob" in one.text else "eve"): one for one in spool.platform.questions.values()}
        await spool.inbox.decide(by_name["eve"].id, "U1", False)
        await spool.platform.news.until(lambda: spool.platform.decisions)
        assert ["requires_action"] == await statuses(spool)
        await spool.inbox.decide(by_name["bob"].id, "U1", True)
        await spool.idle()

        assert ["bob"] == post.sent
    results = outputs(given(script.requests))
    assert "sent to bob" == results["call_bob"]
    assert results["call_eve"].startswith("error")


async def test_other_calls_do_not_wait_for_the_person(tmp_path):
    """What only reads is done and on disk while the question stands."""
    post, script = Post(), Heard()
    script.enqueue(Call("send", {"to": "bob"}), Call("look", {"place": "attic"}, id="call_look"))
    script.enqueue("Done.")
    async with opened(tmp_path, script, post) as spool:
        await spool.say("1")
        asked = await question(spool)
        await recorded(spool, "call:call_look")
        await spool.inbox.decide(asked.id, "U1", True)
        await spool.idle()

        assert ["Done."] == spool.platform.answers


@pytest.mark.parametrize("arguments", ["{broken", {"to": 5}, {}], ids=["no-json", "wrong", "missing"])
async def test_nobody_is_asked_about_what_cannot_be_done(tmp_path, arguments):
    """Arguments that do not fit are a result at once."""
    post, script = Post(), Heard(Call("send", arguments), "Sorry.")
    async with opened(tmp_path, script, post) as spool:
        await spool.ask("1")

        assert ["Sorry."] == spool.platform.answers
        assert ({}, []) == (spool.platform.questions, post.sent)
        assert [] == await spool.rows("SELECT id FROM approvals")
    (result,) = outputs(given(script.requests)).values()
    assert result.startswith("error")


async def test_a_death_before_the_button(tmp_path):
    """The same question still stands, and its time runs from the first asking."""
    post, script = Post(), asking("bob")
    async with opened(tmp_path, script, post) as spool:
        await spool.say("1")
        asked = await question(spool)
        until_first = await spool.rows("SELECT expires_at FROM approvals")
        await reborn(spool, idle=False)
        await waiting(spool)
        assert until_first == await spool.rows("SELECT expires_at FROM approvals")
        assert "done" == await spool.inbox.decide(asked.id, "U1", True)
        await spool.idle()

        assert [asked.id] == list(spool.platform.questions)
        assert (["bob"], "sent to bob") == (post.sent, spool.platform.answers[-1])
    assert 2 == len(script.requests)


async def test_a_death_after_the_button(tmp_path):
    """The yes is on disk: nobody is asked again, and it happens once."""
    post, script = Post(), asking("bob")
    async with opened(tmp_path, script, post) as spool:
        await spool.say("1")
        asked = await question(spool)
        await killed(spool)
        assert "done" == await spool.inbox.decide(asked.id, "U1", True)
        spool.platform.questions.clear()
        await again(spool)
        await spool.idle()

        assert {} == spool.platform.questions
        assert ["bob"] == post.sent
        assert EN["approval_approved"].format(name="send") == spool.platform.decisions[asked.id]


async def test_a_no_while_the_process_was_away(tmp_path):
    """A message that arrives at once after the start counts, although nothing was asked again yet."""
    post, script = Post(), asking("bob")
    async with opened(tmp_path, script, post) as spool:
        await spool.say("1")
        await question(spool)
        await killed(spool)
        spool._begin()
        await spool.say("2", "Never mind")
        await spool.lanes.resume(["fake"])
        await spool.idle()

        assert [] == post.sent
        assert ["completed", "completed"] == await statuses(spool)


async def test_a_death_in_the_middle_is_told_and_not_repeated(tmp_path):
    """Whether the letter went out cannot be known: model and person learn that, and nothing is sent again."""
    post, script = Post(), asking("bob")
    post.may.clear()
    async with opened(tmp_path, script, post) as spool:
        await spool.say("1")
        await spool.inbox.decide((await question(spool)).id, "U1", True)
        await post.begun.wait()
        await killed(spool)
        post.may.set()
        await again(spool)
        await spool.idle()

        assert ["bob"] == post.sent
        assert EN["tool_interrupted"].format(name="send") in str(spool.platform.answers[-1])
        assert ["completed"] == await statuses(spool)
    (result,) = outputs(given(script.requests)).values()
    assert "not known" in result


async def test_a_death_after_the_effect_was_recorded(tmp_path):
    """The result is there: it is used."""
    post, script = Post(), asking("bob")
    async with opened(tmp_path, script, post) as spool:
        spool.platform.may_finish.clear()
        await spool.say("1")
        await spool.inbox.decide((await question(spool)).id, "U1", True)
        await spool.platform.news.until(lambda: spool.platform.finishing)
        await killed(spool)
        spool.platform.may_finish.set()
        await again(spool)
        await spool.idle()

        assert (["bob"], "sent to bob") == (post.sent, spool.platform.answers[-1])


async def test_stopping_while_a_question_is_open(tmp_path):
    """The run ends, the question has no buttons any more, and a late press does nothing."""
    post, script = Post(), asking("bob")
    async with opened(tmp_path, script, post) as spool:
        await spool.say("1")
        asked = await question(spool)
        await waiting(spool)
        assert await spool.inbox.stop(HERE, "U1")
        await spool.idle()

        assert [EN["stopped"]] == spool.platform.answers
        assert ["cancelled"] == await statuses(spool)
        assert [asked.id] == list(spool.platform.decisions)
        assert "over" == await spool.inbox.decide(asked.id, "U1", True)
        assert [] == post.sent


async def test_stopping_a_question_and_dying(tmp_path):
    """The order is on disk: the next process takes the buttons away."""
    post, script = Post(), asking("bob")
    async with opened(tmp_path, script, post) as spool:
        await spool.say("1")
        asked = await question(spool)
        await killed(spool)
        assert await spool.inbox.stop(HERE, "U1")
        await again(spool)
        await spool.idle()

        assert ["cancelled"] == await statuses(spool)
        assert [asked.id] == list(spool.platform.decisions)
        assert "over" == await spool.inbox.decide(asked.id, "U1", True)


async def test_stopping_in_the_middle_of_an_effect(tmp_path):
    """The person is told that it is not known whether it happened."""
    post, script = Post(), asking("bob")
    post.may.clear()
    async with opened(tmp_path, script, post) as spool:
        await spool.say("1")
        await spool.inbox.decide((await question(spool)).id, "U1", True)
        await post.begun.wait()
        await spool.inbox.stop(HERE, "U1")
        await spool.idle()

        (answer,) = spool.platform.answers
        assert EN["stopped"] in str(answer)
        assert EN["tool_interrupted"].format(name="send") in str(answer)
        items = await stored(spool)
        assert ["user", "function_call", "function_call_output"] == kinds(items)
        assert "not known" in items[-1]["output"]


async def test_expiry_while_no_process_ran(tmp_path):
    """The next one finds that the time is over, asks nobody, and goes on."""
    post, script = Post(), asking("bob")
    async with opened(tmp_path, script, post) as spool:
        await spool.say("1")
        asked = await question(spool)
        await killed(spool)
        await spool.rows("UPDATE approvals SET expires_at = 1")
        spool.platform.questions.clear()
        await again(spool)
        await spool.idle()

        assert ({}, []) == (spool.platform.questions, post.sent)
        assert {asked.id: EN["approval_expired"].format(name="send")} == spool.platform.decisions
        assert ["completed"] == await statuses(spool)


async def test_starting_over_by_command_is_a_no(tmp_path):
    """Whoever resets the conversation does not want what is asked in it."""
    post, script = Post(), asking("bob")
    async with opened(tmp_path, script, post) as spool:
        await spool.say("1")
        asked = await question(spool)
        await waiting(spool)
        assert await spool.inbox.reset(HERE, "U1")
        await spool.idle()

        assert [] == post.sent
        assert {asked.id: EN["approval_refused"].format(name="send")} == spool.platform.decisions


async def test_stopping_by_message(tmp_path):
    """`@bot stop` does what the button does."""
    post, script = Post(), asking("bob")
    async with opened(tmp_path, script, post) as spool:
        await spool.say("1")
        asked = await question(spool)
        await waiting(spool)
        await spool.ask("2", "stop", kind="stop")

        assert ["cancelled"] == await statuses(spool)
        assert [asked.id] == list(spool.platform.decisions)
        assert [] == post.sent


async def test_long_arguments_are_shown_by_their_ends_and_as_a_file(tmp_path):
    """A question fits into one post and says how long they are; no argument ends its block of code."""
    post, script = Post(), asking("``` @everyone " + "x" * 5000 + "y")
    async with opened(tmp_path, script, post) as spool:
        await spool.say("1")
        asked = await question(spool)

        assert len(asked.text) < 2000
        assert 2 == asked.text.count("```")
        assert "(5,015 characters, SHA-256 " in asked.text
        (file,) = spool.platform.attached.values()
        assert f"`{file.name}`" in asked.text
        assert {"to": "``` @everyone " + "x" * 5000 + "y"} == json.loads(file.content)
        await spool.inbox.decide(asked.id, "U1", False)
        await spool.idle()


@pytest.mark.parametrize("fault", [TooLarge(1), Unreachable("no permission")])
async def test_what_cannot_be_shown_cannot_be_approved(tmp_path, fault):
    """Without the file nobody is asked; the model and the person are told."""
    post, script = Post(), asking("x" * 5000)
    async with opened(tmp_path, script, post) as spool:
        spool.platform.file_faults.append(fault)
        await spool.ask("1")

        (answer,) = spool.platform.answers
        assert not spool.platform.questions
    assert str(answer).startswith("error: these arguments are too long to be shown")
    assert EN["approval_unshown"].format(name="send") in str(answer)
    assert [] == post.sent


async def test_five_questions_at_a_time(tmp_path):
    """The next one is asked when one of them is answered."""
    names = [f"n{number}" for number in range(7)]
    post, script = Post(), asking(*names)
    async with opened(tmp_path, script, post) as spool:
        await spool.say("1")
        await question(spool, 5)
        await waiting(spool)
        assert 5 == len(spool.platform.questions)
        for number in range(7):
            await question(spool, min(7, 5 + number))
            await spool.inbox.decide(list(spool.platform.questions)[number], "U1", True)
        await spool.idle()
    assert sorted(post.sent) == names


async def test_the_question_is_in_the_persons_language(tmp_path):
    """Buttons, question and what became of it."""
    post, script = Post(), asking("bob")
    async with opened(tmp_path, script, post) as spool:
        await spool.say("1", "밥에게 편지를 써 줘", locale="ko")
        asked = await question(spool)
        await spool.inbox.decide(asked.id, "U1", False)
        await spool.idle()

        assert ("허용", "허용 안 함") == (asked.yes, asked.no)
        assert "허용되지 않음" in spool.platform.decisions[asked.id]
