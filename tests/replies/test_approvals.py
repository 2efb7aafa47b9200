"""bots.replies.approvals: asked once, found again after a death, over once it is decided."""

from __future__ import annotations

import pytest

from bots.replies.approvals import Asker
from bots.replies.posts import Unclear
from core.errors import Retryable, Unreachable
from core.types import ApprovalRequest
from tests.replies.posting import Died
from tests.replies.topic import MemoryPoster

_: type[Asker] = MemoryPoster
PAY = ApprovalRequest("appr_1", "U1", "Pay 5?", "yes", "no")
TIP = ApprovalRequest("appr_2", "U1", "Tip 1?", "yes", "no")


async def test_a_question_is_asked_once(world):
    for _ in range(2):
        process = await world.process()
        await process.questions.ask(PAY)
        await process.questions.ask(PAY)

    assert ["Pay 5?"] == world.texts


@pytest.mark.parametrize("window", [0.0, 60.0])
async def test_a_question_that_was_not_recorded_is_found(world, window):
    """By what it is or by its nonce; a text of the same run and another question are not taken for it."""
    former = await world.process(tells=True)
    former.poster.window = window
    await former.show("Let me pay.")
    await former.questions.ask(TIP)
    former.poster.after["create"].append(Died())
    with pytest.raises(Unreachable):  # how a fault that nobody expected ends
        await former.questions.ask(PAY)

    process = await world.process(tells=True)
    process.poster.window = window
    await process.questions.ask(PAY)
    await process.finish("Paid.")

    assert ["Paid.", "Tip 1?", "Pay 5?"] == world.texts


async def test_a_text_that_was_not_recorded_is_not_taken_for_a_question(world):
    former = await world.process()
    await former.die_after_creating("Let me pay.")

    process = await world.process()
    process.poster.faults["create"].append(Unclear("cut"))
    await process.questions.ask(PAY)
    await process.finish("Let me pay. Paid.")

    assert ["Let me pay. Paid.", "Pay 5?"] == [" ".join(world.texts[:1]), *world.texts[1:]]


async def test_what_may_pass_is_waited_out(world):
    process = await world.process()
    process.poster.faults["create"].append(Retryable("away"))
    await process.questions.ask(PAY)

    assert ["Pay 5?"] == world.texts


async def test_a_decision_takes_the_questions_place(world):
    await (await world.process()).questions.ask(PAY)

    process = await world.process()
    await process.questions.decided(PAY, "Allowed")
    await process.questions.decided(PAY, "Allowed")
    after = await world.process()
    await after.questions.decided(PAY, "Allowed")

    assert (["Allowed"], ["edit"]) == (world.texts, [name for name, _, _ in process.poster.calls])
    assert [] == after.poster.calls


async def test_a_question_that_was_not_recorded_can_be_decided(world):
    """It is looked for, so that its buttons do not stay."""
    former = await world.process(tells=True)
    former.poster.after["create"].append(Died())
    with pytest.raises(Unreachable):
        await former.questions.ask(PAY)

    await (await world.process(tells=True)).questions.decided(PAY, "Over")

    assert ["Over"] == world.texts


@pytest.mark.parametrize("stands", [False, True])
async def test_a_decision_that_cannot_be_shown_harms_nothing(world, stands):
    process = await world.process()
    if stands:
        await process.questions.ask(PAY)
        process.poster.faults["edit"].append(Unreachable("no"))
    await process.questions.decided(PAY, "Over")
    world.topic.posts.clear()
    await process.questions.decided(PAY, "Over")

    assert [] == world.texts
