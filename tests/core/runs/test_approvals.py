"""runs.approvals, runs.tool_calls: what has effects happens with a yes of who asked, and only then."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Sequence

import pytest

from core.errors import TooLarge, Unreachable
from core.runs.approvals import SHOWN, Shown, shown
from core.runs.rounds import UNKNOWN
from core.runs.run_context import Limits
from core.store import approvals
from core.types import ThreadId
from standins.script.script import Call, Hosted, outputs
from tests.core.fakes import HERE, TIMEOUT, Heard, Watched, elsewhere, message, store
from tests.core.runs.asking import Post, asked, posting, question, remote, stuck, waiting
from tests.core.served import EN, given, kinds, recorded, statuses, stored


def became(what: str) -> str:
    """What stands in place of the buttons, or under the answer."""
    return EN[what].format(name="send")


async def test_it_happens_after_a_yes(tmp_path):
    """Nothing before; then exactly what was asked about; the question has no buttons any more."""
    async with asked(tmp_path) as (spool, post, one):
        assert ([], 1) == (post.sent, len(post.script.requests))
        assert "U1" == one.person
        assert "send" in one.text
        assert '"to": "bob"' in one.text
        assert "done" == await spool.inbox.decide(one.id, "U1", True)
        await spool.idle()
        assert (["bob"], ["sent to bob"]) == (post.sent, spool.platform.answers)
        assert {one.id: became("approval_approved")} == spool.platform.decisions
        assert ["completed"] == await statuses(spool)


@pytest.mark.parametrize("expires", [False, True])
async def test_without_a_yes_it_is_not_done(tmp_path, expires):
    """After a no, and after its time: then a late yes does not do it. The model reads so and goes on."""
    limits = Limits(idle=TIMEOUT, run=TIMEOUT, approval=0.1 if expires else 60)
    async with asked(tmp_path, limits=limits) as (spool, post, one):
        assert expires or "done" == await spool.inbox.decide(one.id, "U1", False)
        await spool.idle()
        assert "over" == await spool.inbox.decide(one.id, "U1", True)
        assert {
            one.id: became("approval_expired" if expires else "approval_refused")
        } == spool.platform.decisions
        assert (["completed"], []) == (await statuses(spool), post.sent)
    (result,) = outputs(given(post.script.requests)).values()
    assert result.startswith("error")
    assert expires or "not allow" in result


@pytest.mark.promise("T3")
async def test_only_the_person_who_asked_decides(tmp_path):
    """Another's press changes nothing, whatever it says."""
    async with asked(tmp_path) as (spool, post, one):
        assert ["not_yours"] * 2 == [await spool.inbox.decide(one.id, "U2", yes) for yes in (True, False)]
        assert ([], ["requires_action"]) == (post.sent, await statuses(spool))
        await spool.inbox.decide(one.id, "U1", True)
        await spool.idle()
    assert ["bob"] == post.sent


async def test_it_is_decided_once(tmp_path):
    """Whatever is pressed later, and on questions there never were."""
    async with asked(tmp_path) as (spool, post, one):
        presses = [spool.inbox.decide(one.id, "U1", yes) for yes in (True, True, False)]
        assert ["done", "over", "over"] == list(await asyncio.gather(*presses))
        assert "over" == await spool.inbox.decide("appr_none", "U1", True)
        await spool.idle()
    assert ["bob"] == post.sent


def test_ten_minutes_are_given():
    """Where nothing else is said."""
    assert 600 == Limits().approval


@pytest.mark.parametrize(
    ("act", "ends"),
    [
        (lambda spool: spool.say("2", "No, wait"), ["completed", "completed"]),
        (lambda spool: spool.say("2", kind="help"), ["completed", "completed"]),
        (lambda spool: spool.say("2", kind="reset"), ["completed", "completed"]),
        (lambda spool: spool.inbox.reset(HERE, "U1"), ["completed"]),
        (lambda spool: spool.say("2", "stop", kind="stop"), ["cancelled"]),
        (lambda spool: spool.inbox.stop(HERE, "U1"), ["cancelled"]),
    ],
    ids=["message", "help", "reset", "reset-command", "stop", "stop-button"],
)
async def test_whatever_else_that_person_says_is_a_no(tmp_path, act, ends):
    """The buttons go, the message is answered itself, and a yes comes too late."""
    async with asked(tmp_path) as (spool, post, one):
        assert await act(spool)
        await spool.idle()
        assert {one.id: became("approval_refused")} == spool.platform.decisions
        assert "over" == await spool.inbox.decide(one.id, "U1", True)
        assert (ends, []) == (await statuses(spool), post.sent)
        assert ("cancelled" in ends) is (spool.platform.answers[0] == EN["stopped"])


async def test_a_yes_after_the_stop_is_too_late(tmp_path):
    """The run is being cancelled: what was pressed must not look as if it had been taken."""
    async with asked(tmp_path) as (spool, post, one):
        await spool.rows("UPDATE runs SET status = 'cancelling'")
        assert "over" == await spool.inbox.decide(one.id, "U1", True)
    assert [] == post.sent


async def test_a_decision_at_the_last_moment_is_taken_or_refused_as_a_whole(tmp_path):
    """Whoever wins, what the person is told and what happens agree."""
    async with asked(tmp_path) as (spool, post, one):
        decided, _ = await asyncio.gather(
            spool.inbox.decide(one.id, "U1", True), spool.inbox.receive(message("2", "No"))
        )
        await spool.idle()
    assert (["bob"] if decided == "done" else []) == post.sent


async def test_a_question_that_was_decided_and_stopped_at_once_has_no_buttons(tmp_path):
    """The run is cancelled before it could tell: nobody is left with buttons that do nothing."""
    async with asked(tmp_path, "bob", "eve") as (spool, _, _):
        stop = message("3", "stop", kind="stop")
        await asyncio.gather(spool.inbox.receive(message("2", "No")), spool.inbox.receive(stop))
        await spool.idle()
        assert set(spool.platform.questions) == set(spool.platform.decisions)
        assert {became("approval_refused")} == set(spool.platform.decisions.values())


@pytest.mark.parametrize("more", [{"user": "U2"}, {"address": elsewhere(channel="C2")}])
async def test_a_message_of_somebody_else_is_no_answer(tmp_path, more):
    """Nor one of the same person in another conversation."""
    async with asked(tmp_path) as (spool, post, one):
        await spool.say("2", "Hello", **more)
        await spool.platform.news.until(lambda: len(spool.platform.replies) == 2)
        assert "done" == await spool.inbox.decide(one.id, "U1", True)
        await spool.idle()
    assert ["bob"] == post.sent


async def test_the_deadline_stands_still(tmp_path):
    """A person may think longer than a run may take; the run then has what was left of its time."""
    async with asked(tmp_path, limits=Limits(idle=TIMEOUT, run=0.3, approval=60)) as (spool, _, one):
        await asyncio.sleep(0.5)
        assert ["requires_action"] == await statuses(spool)
        await spool.inbox.decide(one.id, "U1", True)
        await spool.idle()
        assert (["sent to bob"], ["completed"]) == (spool.platform.answers, await statuses(spool))


async def test_two_questions_at_once(tmp_path):
    """Each call has a question of its own; the run goes on when both are decided."""
    async with asked(tmp_path, "bob", "eve") as (spool, post, _):
        by_name = {("bob" if "bob" in one.text else "eve"): one for one in spool.platform.questions.values()}
        await spool.inbox.decide(by_name["eve"].id, "U1", False)
        await spool.platform.news.until(lambda: spool.platform.decisions)
        assert ["requires_action"] == await statuses(spool)
        await spool.inbox.decide(by_name["bob"].id, "U1", True)
        await spool.idle()
    results = outputs(given(post.script.requests))
    assert (["bob"], "sent to bob") == (post.sent, results["call_bob"])
    assert results["call_eve"].startswith("error")


async def test_five_questions_at_a_time(tmp_path):
    """The next one is asked when one of them is answered."""
    names = [f"n{number}" for number in range(7)]
    post = Post(*names)
    async with posting(tmp_path, post) as spool:
        await spool.say("1")
        await question(spool, 5)
        await waiting(spool)
        assert 5 == len(spool.platform.questions)
        for number in range(7):
            await question(spool, min(7, 5 + number))
            await spool.inbox.decide(list(spool.platform.questions)[number], "U1", True)
        await spool.idle()
    assert sorted(post.sent) == names


async def test_other_calls_do_not_wait_for_the_person(tmp_path):
    """What only reads is done and on disk while the question stands."""
    post = Post()
    post.script = Heard(
        [Call("send", {"to": "bob"}), Call("look", {"place": "attic"}, id="call_look")], "Done."
    )
    async with posting(tmp_path, post) as spool:
        await spool.say("1")
        one = await question(spool)
        await recorded(spool, "call:call_look")
        await spool.inbox.decide(one.id, "U1", True)
        await spool.idle()
        assert ["Done."] == spool.platform.answers


@pytest.mark.parametrize("arguments", ["{broken", {"to": 5}, {}], ids=["no-json", "wrong", "missing"])
async def test_nobody_is_asked_about_what_cannot_be_done(tmp_path, arguments):
    """Arguments that do not fit are a result at once."""
    post = Post()
    post.script = Heard(Call("send", arguments), "Sorry.")
    async with posting(tmp_path, post) as spool:
        await spool.ask("1")
        assert (["Sorry."], {}, []) == (spool.platform.answers, spool.platform.questions, post.sent)
        assert [] == await spool.rows("SELECT id FROM approvals")
    (result,) = outputs(given(post.script.requests)).values()
    assert result.startswith("error")


async def test_stopping_in_the_middle_of_an_effect(tmp_path):
    """The person is told that it is not known whether it happened; asked later, the model knows no more."""
    async with stuck(tmp_path) as (spool, post):
        await spool.inbox.stop(HERE, "U1")
        await spool.idle()
        (answer,) = spool.platform.answers
        assert EN["stopped"] in str(answer)
        assert became("tool_interrupted") in str(answer)
        items = await stored(spool)
        assert ["user", "function_call", "function_call_output"] == kinds(items)
        assert "not known" in items[-1]["output"]
        post.script.answers.clear()
        await spool.ask("3", "Was it sent?")
    assert {"call_bob": UNKNOWN} == outputs(given(post.script.requests))


async def test_the_question_is_in_the_persons_language(tmp_path):
    """Buttons, question and what became of it."""
    async with posting(tmp_path, Post()) as spool:
        await spool.say("1", "밥에게 편지를 써 줘", locale="ko")
        one = await question(spool)
        await spool.inbox.decide(one.id, "U1", False)
        await spool.idle()
        assert ("허용", "허용 안 함") == (one.yes, one.no)
        assert "허용되지 않음" in spool.platform.decisions[one.id]


async def test_long_arguments_are_shown_by_their_ends_and_as_a_file(tmp_path):
    """A question fits into one post and says how long they are; no argument ends its block of code."""
    to = "``` @everyone " + "x" * 5000 + "y"
    async with asked(tmp_path, to) as (spool, _, one):
        assert len(one.text) < 2000
        assert 2 == one.text.count("```")
        assert "(5,015 characters, SHA-256 " in one.text
        (file,) = spool.platform.attached.values()
        assert f"`{file.name}`" in one.text
        assert {"to": to} == json.loads(file.content)


@pytest.mark.parametrize("fault", [TooLarge(1), Unreachable("no permission")])
async def test_what_cannot_be_shown_cannot_be_approved(tmp_path, fault):
    """Without the file nobody is asked; the model and the person are told."""
    post = Post("x" * 5000)
    async with posting(tmp_path, post) as spool:
        spool.platform.file_faults.append(fault)
        await spool.ask("1")
        (answer,) = spool.platform.answers
        assert not spool.platform.questions
    assert str(answer).startswith("error: these arguments are too long to be shown")
    assert became("approval_unshown") in str(answer)
    assert [] == post.sent


async def test_a_remote_tool_cannot_write_the_question(tmp_path):
    """Its server chose the name."""
    name = "edit” with exactly this?\n```\n{}\n```\n@everyone ["
    request = {"server_label": "wiki", "name": name, "arguments": "{}", "id": "mcpr_1"}
    async with remote(tmp_path, Heard(Hosted("mcp_approval_request", request))) as (spool, _):
        await spool.say("1", "Edit the page")
        one = await question(spool)
        await spool.inbox.decide(one.id, "U1", False)
        await spool.idle()
    assert "@" not in one.text
    assert 2 == one.text.count("```")


@pytest.mark.promise("T3")
def test_arguments_cannot_hide_anything():
    """Letters that turn round the line or show nothing are told as what they are; Korean and emoji stay."""
    given = {"to": "\u202ebob\u200b\x9f\u3164\U000e0041", "text": "안녕 😀 ```", "\ufe0fkey": "\u00a0\n"}
    found = shown(json.dumps(given, ensure_ascii=False))
    assert found
    assert "" == found.whole
    assert '"\\u202ebob\\u200b\\u009f\\u3164\\udb40\\udc41"' in found.text
    assert '"안녕 😀 \\u0060\\u0060\\u0060"' in found.text
    assert given == json.loads(found.text)


LONG = "a" * 3000


@pytest.mark.parametrize(
    "given",
    [
        {"padding": LONG, "target": "PRODUCTION"},
        {"target": "PRODUCTION", "padding": [LONG, {"deep": LONG}]},
        {"padding": [LONG] * 8, "a": {"b": {"target": "PRODUCTION"}}},
        {"padding": LONG + '", "target": "STAGING' + "b" * 19, "target": "PRODUCTION"},
        {"padding": LONG + "\\" * 20, "target": "PRODUCTION"},
    ],
)
def test_every_key_and_short_value_is_shown(given):
    """However long the others are; the whole is beside it."""
    found = shown(json.dumps(given))
    assert found
    assert len(found.text) <= SHOWN
    assert '"target": "PRODUCTION"' in found.text
    assert given == json.loads(found.whole)
    assert 1 == len(re.findall('(?<!\\\\)"target"', found.text))


@pytest.mark.parametrize(
    "arguments",
    [
        json.dumps({f"key{number}": 1 for number in range(500)}),
        json.dumps({LONG: 1}),
        json.dumps({"n": 0}).replace("0", "1" * 3000),
        json.dumps([["short"] * 400]),
        LONG,
        '{"a": "' + LONG + '", "a": 1}',
        "[" * 9000,
    ],
)
def test_what_has_too_much_to_be_shown(arguments):
    """Keys and short values cannot be shortened; what may be read in two ways is shown as it came, or not."""
    assert shown(arguments) is None


@pytest.mark.parametrize("arguments", ['{"a": 1, "a": 2}', '{"a": 12345678901234567890.5}', "not JSON", ""])
def test_what_may_be_read_in_two_ways_is_shown_as_it_came(arguments):
    """Another reader might take the first of two equal keys."""
    assert arguments == (shown(arguments) or Shown("no")).text


def test_refusing_looks_at_no_run_but_the_live_one():
    """Each message of anybody does it: it costs the same with a million runs."""
    seen: list[str] = []
    with store() as tx:

        def explain(sql: str, params: Sequence[object], _: object) -> None:
            plan = tx.execute(f"EXPLAIN QUERY PLAN {sql}", params).fetchall()
            seen.extend(str(row[3]) for row in plan)

        approvals.refuse_all(Watched(tx, explain), ThreadId("thread_1"), "U1")
    assert seen
    assert not [step for step in seen if step.startswith("SCAN")]
