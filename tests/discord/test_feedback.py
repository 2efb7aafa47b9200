"""Thumbs under answers on Discord: stored before they are answered, and a form that asks for a reason."""

from __future__ import annotations

from core.texts import text
from standins.discord import DiscordStandin, Post
from standins.discord.command import FORM
from tests.discord.conversation import exchange
from tests.discord.people import ANN, BOB, ROOM

GOOD, BAD = "spool:vote:good", "spool:vote:bad"
REASON = "<@1> said **so**:\n" + "x" * 900


async def rated(discord: DiscordStandin, question: str) -> Post:
    """The answer, once it can be rated."""
    await exchange(discord, ANN, ROOM, question)
    await discord.until(lambda: BAD in pressable(discord.posts(ROOM)[-1]))
    return discord.posts(ROOM)[-1]


def pressable(post: Post) -> list[str]:
    return [one["custom_id"] for row in post.components for one in row["components"]]


async def test_anybody_rates_an_answer_and_says_why(discord, product, votes):
    """Also when a newer one has taken the other buttons from it; a change of mind takes the reason along."""
    async with product(feedback=True, answer_buttons=True):
        post = await rated(discord, "why?")
        assert ["spool:wish:again", "spool:wish:shorter", GOOD, BAD] == pressable(post)
        await discord.press(ANN, ROOM, post.id, "spool:wish:again")
        await discord.until(lambda: [GOOD, BAD] == pressable(discord.posts(ROOM)[0]))
        await rated(discord, "and?")
        await discord.until(lambda: [[GOOD, BAD]] * 2 == [pressable(one) for one in discord.posts(ROOM)[:2]])

        bad = await discord.press(BOB, ROOM, post.id, BAD)
        assert (FORM, [(f"discord:{BOB}", 0, "")]) == (bad.kind, votes())
        thanks = await discord.submit(BOB, ROOM, post.id, bad.form, {"why": REASON})
        good = await discord.press(ANN, ROOM, post.id, GOOD)
        assert {(f"discord:{BOB}", 0, REASON), (f"discord:{ANN}", 1, "")} == {*votes()}
        await discord.press(BOB, ROOM, post.id, GOOD)

    assert {(text("rated", "en"), True)} == {(one.text, one.ephemeral) for one in (good, thanks)}
    assert {(f"discord:{ANN}", 1, ""), (f"discord:{BOB}", 1, "")} == {*votes()}


async def test_what_is_no_vote_changes_nothing(discord, product, votes):
    """Forged, of an answer that is not on record, or of somebody else's form; each is told."""
    async with product(feedback=True):
        post = await rated(discord, "why?")
        data = {"custom_id": "spool:vote:excellent", "component_type": 2}
        forged = await discord.stale(BOB, ROOM, 3, data)
        unknown = await discord.stale(BOB, ROOM, 3, data | {"custom_id": BAD})
        assert [] == votes()
        form = (await discord.press(BOB, ROOM, post.id, BAD)).form
        others = await discord.submit(ANN, ROOM, post.id, form, {"why": "mine"})
        empty = await discord.submit(BOB, ROOM, post.id, form, {})
        old = await discord.stale(BOB, ROOM, 5, {"custom_id": "other:form", "components": []})

    assert [text("stale", "en"), text("stale", "en")] == [forged.text, old.text]
    assert [text("rate_over", "en")] * 2 == [unknown.text, others.text]
    assert (text("rated", "en"), [(f"discord:{BOB}", 0, "")]) == (empty.text, votes())
