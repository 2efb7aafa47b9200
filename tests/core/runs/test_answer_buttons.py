"""Under which answers buttons stand, and what a press is: a message, once, of whoever asked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from core.texts import TEXTS
from core.types import FEEDBACK, Attachment, IncomingMessage, Quote
from standins.script.script import Fault, Say, text_of
from tests.core.fakes import ASSISTANT, HERE, Heard, elsewhere, message
from tests.core.whole import Core, core, rules
from tests.scripted_model import ScriptedModel

EN, KO = TEXTS["en"], TEXTS["ko"]
BOTH = (("again", EN["again_button"]), ("shorter", EN["shorter_button"]))
THUMBS = (("good", EN["good_button"]), ("bad", EN["bad_button"]))


def press(id: str, text: str = "Again:", **more: Any) -> IncomingMessage:
    """A press as its platform tells it."""
    return message(id, text, **more)


async def shown(spool: Core, ref: str = "fake:post") -> str:
    """The ref of a post that shows the newest run."""
    insert = (
        "INSERT INTO steps (id, run_id, name, value, ref, created_at) "
        "SELECT 's-' || id, id, 'post:0', '{\"id\": \"p\"}', ?, 1 FROM runs"
    )
    await spool.rows(f"{insert} ORDER BY seq DESC LIMIT 1", ref)
    return ref


@pytest.mark.parametrize(
    ("beats", "more", "rules", "buttons"),
    [
        ([Say("Hi.")], {}, {"buttons": True}, BOTH),
        ([Say("Hi.")], {}, {"buttons": False}, ()),
        ([Fault("refuse", "insufficient_quota", 429)], {}, {"buttons": True}, ()),
        ([], {"kind": "help"}, {"buttons": True}, ()),
        (
            [Say("안녕.")],
            {"locale": "ko"},
            {"buttons": True},
            (("again", KO["again_button"]), ("shorter", KO["shorter_button"])),
        ),
        ([Say("Hi.")], {}, {"buttons": True, "feedback": True}, (*BOTH, *THUMBS)),
        ([Say("Hi.")], {}, {"assistant": replace(ASSISTANT, metadata={FEEDBACK: "1"})}, THUMBS),
        ([Say("Hi.")], {}, {"feedback": True, "assistant": replace(ASSISTANT, metadata={FEEDBACK: "0"})}, ()),
        ([], {"kind": "help"}, {"feedback": True}, ()),
    ],
)
async def test_buttons_stand_under_what_the_model_has_said(tmp_path, beats, more, rules, buttons):
    """Never under a text of ours."""
    script = Heard()
    script.enqueue(*beats)
    async with core(tmp_path, ScriptedModel(script), **rules) as spool:
        await spool.say("1", **more)
        await spool.idle()

        assert [buttons] == [reply.buttons for reply in spool.platform.replies]


async def test_a_press_that_is_delivered_twice_is_one_message(tmp_path):
    """It repeats all of the question, and goes where that came from."""
    script, file = Heard(), Attachment("F1", "a.txt", "")
    async with core(tmp_path, ScriptedModel(script)) as spool:
        spool.platform.stored["F1"] = b"bytes"
        await spool.say("1", "why?", quotes=(Quote("reply", "because"),), files=(file,))
        await spool.idle()
        ref = await shown(spool)
        decisions = [await spool.inbox.press(ref, press("2"), "again") for _ in range(2)]
        await spool.idle()

        assert (["done", "done"], 2) == (decisions, len(script.requests))
        asked = text_of(script.requests[-1][1][-1])
        assert all(part in asked for part in ("Again:", "why?", "> because", "bytes"))
        assert HERE == spool.platform.replies[-1].asked.address

        await spool.inbox.press(await shown(spool, "fake:another"), press("3"), "again")
        await spool.idle()
        assert asked == text_of(script.requests[-1][1][-1]), "the wish is said once"


@pytest.mark.parametrize(
    ("change", "user", "decision"),
    [
        ("", "U2", "not_yours"),
        ("newer", "U1", "over"),
        ("elsewhere", "U1", "over"),
        ("under way", "U1", "over"),
        ("reset", "U1", "over"),
        ("deleted", "U1", "over"),
        ("unknown", "U1", "over"),
        ("others", "U1", "done"),
    ],
)
async def test_only_who_asked_may_press_and_only_under_the_newest_answer(tmp_path, change, user, decision):
    """A question of somebody else makes nobody's answer older; one in another thread of the channel does."""
    script = Heard()
    async with core(tmp_path, ScriptedModel(script)) as spool:
        await spool.say("1")
        await spool.idle()
        ref = "nobody's" if change == "unknown" else await shown(spool)
        if change in ("newer", "others"):
            await spool.say("2", user="U1" if change == "newer" else "U2")
            await spool.idle()
        elif change == "elsewhere":
            await spool.say("2", address=elsewhere(topic="T2"))
            await spool.idle()
        elif change == "under way":
            script.enqueue(Fault("hang"))
            await spool.say("2", address=elsewhere(topic="T2"))
        elif change == "reset":
            await spool.inbox.reset(HERE, "U1")
        elif change == "deleted":
            await spool.inbox.withdraw(HERE, "1")

        assert decision == await spool.inbox.press(ref, press("9", user=user), "shorter")


async def test_in_direct_messages_the_newest_is_that_of_their_own_scope(tmp_path):
    here = elsewhere(workspace="")
    async with core(tmp_path, ScriptedModel(Heard()), policy=rules(dm_scope="person-topic")) as spool:
        await spool.ask("1", address=here)
        ref = await shown(spool)

        assert "done" == await spool.inbox.press(ref, press("9", address=here), "again")
