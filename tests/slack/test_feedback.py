"""Thumbs under answers on Slack: stored before they are acknowledged, and a form that asks for a reason."""

from __future__ import annotations

from core.texts import text
from standins.slack import Post, SlackStandin

REASON = "<@U2> said *so*:\n" + "x" * 900


async def rated(slack: SlackStandin) -> Post:
    """The answer, once it can be rated."""
    await slack.mention("U1", "C1", "why?")
    await slack.until(lambda: slack.posts("C1") and slack.posts("C1")[-1].blocks)
    return slack.posts("C1")[-1]


async def test_anybody_rates_an_answer_and_says_why(slack, product, votes):
    """A change of mind takes the reason along; what Slack shows by itself is not said again."""
    async with product(feedback=True):
        post = await rated(slack)
        (block,) = [one for one in post.blocks if one["type"] == "context_actions"]
        thumb = block["elements"][0]["negative_button"]
        assert text("bad_button", "en") == thumb["accessibility_label"] == thumb["text"]["text"]

        bad = await slack.press("U2", "C1", post.ts, "rate", "bad")
        assert [("slack:U2", 0, "")] == votes()
        await slack.until(lambda: slack.modals)
        (form,) = slack.modals
        assert not (await slack.submit("U2", form, {"why": REASON})).error
        good = await slack.press("U1", "C1", post.ts, "rate", "good")
        assert [("slack:U1", 1, ""), ("slack:U2", 0, REASON)] == votes()
        await slack.press("U2", "C1", post.ts, "rate", "good")

    assert (True, [], []) == (form.closed, bad.texts, good.texts)
    assert [("slack:U1", 1, ""), ("slack:U2", 1, "")] == votes()


async def test_what_is_no_vote_changes_nothing(slack, product, votes):
    """Forged, of an answer that is not on record, of another's form, or delivered again; each is told."""
    async with product(feedback=True):
        post = await rated(slack)
        press = {"action_id": "rate", "type": "feedback_buttons", "block_id": "b", "action_ts": "5.0"}
        forged = await slack.press("U2", "C1", post.ts, {**press, "value": "excellent"})
        await slack.until(lambda: forged.texts == [text("stale", "en")])
        unknown = await slack.press("U2", "C1", post.thread_ts, {**press, "value": "bad"})
        await slack.until(lambda: unknown.texts == [text("rate_over", "en")])
        assert [] == votes()

        slack.fail("views.open", error="expired_trigger_id")
        for action in ({"value": "bad"}, {"value": "good", "action_ts": "6.0"}, {"value": "bad"}):
            assert not (await slack.press("U2", "C1", post.ts, press | action)).error
        assert [("slack:U2", 1, "")] == votes()
        await slack.until(lambda: slack.modals)
        form = slack.modals[0]
        for person in ("U1", "U2"):
            await slack.submit(person, form, {"why": "mine"})
            assert (False, {"why": text("rate_over", "en")}) == (form.closed, form.errors)

    assert [("slack:U2", 1, "")] == votes()
