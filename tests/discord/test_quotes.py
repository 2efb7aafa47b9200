"""What a message points at: replies, forwards, previews; in every shape, and as the model is told of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bots.discord.api import sent_at
from bots.discord.quotes import HIDDEN
from bots.discord.wording import MOST
from core.texts import text
from core.types import Quote
from standins.discord import Rules
from tests.discord.conversation import all_heard, discord_with, exchange, mention
from tests.discord.payloads import BOT, DM, ME, heard
from tests.discord.people import ANN, BOB, GUILD, ROOM

ID = "1574000000000000001"
AT = sent_at(ID)
BOB_SAYS = {"id": ID, "author": {"id": BOB, "username": "bob", "global_name": "Bob"}, "type": 0}
ALERT = {
    "title": "Disk full",
    "url": "https://example.com/1",
    "description": "on <@5> in <#6>",
    "fields": [{"name": "Host", "value": "db1"}],
    "footer": {"text": "monitor"},
}
CARD = "[Disk full](https://example.com/1)\non <@5> in #six\nHost: db1\nmonitor"
LUNCH = {
    "question": {"text": "Lunch?"},
    "answers": [{"poll_media": {"text": "Yes", "emoji": {"name": "🍕"}}}],
}
PICTURE = {"id": "7", "filename": "cat.png", "size": 5, "url": "https://cdn.discordapp.com/cat.png"}
NICK = {"mentions": [{"id": ME}, *({"id": id, "member": {"nick": "Rob"}} for id in ("2", BOB))]}
SPOOL = {"id": ME, "username": "spool"}
PRIVATE = {"guild_id": None, "channel_id": DM}
ALERTS = {"id": "9", "username": "alerts", "bot": True}


def reply(**said: Any) -> dict[str, Any]:
    """The keys of a reply to a message of Bob's that says this."""
    reference = {"type": 0, "message_id": ID, "channel_id": ROOM}
    return {"type": 19, "message_reference": reference, "referenced_message": {**BOB_SAYS, **said}}


def forward(*passed_on: dict[str, Any]) -> dict[str, Any]:
    """The keys of a message that passes these on."""
    reference = {"type": 1, "message_id": ID, "channel_id": ROOM}
    return {"message_reference": reference, "message_snapshots": [{"message": one} for one in passed_on]}


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (reply(content="exit code 137"), ("reply", "exit code 137", "Bob")),
        (reply(content="ask <@5>", mentions=[{"id": "5", "username": "eve"}]), ("reply", "ask @eve", "Bob")),
        (reply(content="in <#4>"), ("reply", "in #4", "Bob")),
        (reply(content="hi <@2>") | NICK, ("reply", "hi @Rob", "Rob")),
        (reply(content="", poll=LUNCH), ("reply", "Poll: Lunch?\n- 🍕 Yes", "Bob")),
        (reply(content="", embeds=[ALERT], author=ALERTS), ("reply", CARD, "alerts")),
        (reply(content="", sticker_items=[{"name": "wave"}]), ("reply", "[Sticker: wave]", "Bob")),
        (
            reply(content="", components=[{"type": 17, "components": [{"type": 10, "content": "down"}]}]),
            ("reply", "down", "Bob"),
        ),
        (reply(content="", attachments=[PICTURE]), ("reply", "", "Bob")),
        (reply(content="", **forward({"content": "the words"})), ("reply", "the words", "Bob")),
        (reply(content=""), ("reply", HIDDEN, "Bob")),
        (reply(content="long " * 4000), ("reply", ("long " * 4000)[: MOST - 1] + "…", "Bob")),
        (forward({"content": "the words"}), ("forward", "the words", "")),
        (forward({"content": f"{BOT} hi", "mentions": [SPOOL]}), ("forward", "@spool hi", "")),
        (forward({"content": "", "attachments": [PICTURE]}), ("forward", "", "")),
        (forward({"content": "", "embeds": [ALERT]}), ("forward", CARD, "")),
        (
            {**reply(content="old words"), "message_reference": {"type": 1, "message_id": ID}},
            ("forward", "old words", "Bob"),
        ),
        ({"embeds": [{"title": "A page", "provider": {"name": "Site"}}]}, ("preview", "A page", "Site")),
    ],
)  # fmt: skip
def test_what_is_pointed_at(more, told):
    """Beside the message's own words, which stay its own."""
    said = heard(f"{BOT} why?", **more)
    (quote,) = said.quotes

    assert ("why?", "ask", "us", *told) == (
        said.text,
        said.kind,
        said.to,
        quote.kind,
        quote.text,
        quote.author,
    )
    assert quote.at == (0.0 if quote.kind == "preview" else AT)
    assert ["cat.png"] * ("cat.png" in json.dumps(more)) == [file.name for file in said.files]
    assert (("#4",) if "#4" in quote.text else ()) == said.mentions


def test_what_is_pointed_at_is_no_mention_of_us_and_no_order():
    """What somebody else said calls nobody, passes on nothing of ours as a reply, and resets nothing."""
    ours = {**BOB_SAYS, "author": {"id": ME}, "content": "the answer"}
    mine = heard("", message_reference={"type": 1}, referenced_message=ours)
    alone = heard(BOT, **reply(content="reset"))
    answer = heard(f"{BOT} shorter", **{**reply(), "referenced_message": ours})

    assert ["perhaps", "perhaps"] == [mine.to, heard("", **forward({"content": f"{BOT} hi"})).to]
    assert ("ask", "", "reset") == (alone.kind, alone.text, alone.quotes[0].text)
    assert Quote("reply", "the answer", "you", answer.quotes[0].at, f"discord:{ID}") == answer.quotes[0]


@pytest.mark.parametrize(
    ("content", "more", "kind"),
    [
        (BOT, {}, "help"),
        (BOT, {"message_reference": {"type": 0}, "referenced_message": None}, "help"),
        (BOT, reply(type=7), "help"),
        (BOT, {"sticker_items": [{"name": "wave"}]}, "unreadable"),
        (BOT, {"poll": LUNCH}, "ask"),
        (BOT, forward({"content": "words"}), "ask"),
        ("", PRIVATE | forward({"content": "", "attachments": [PICTURE]}), "ask"),
        ("", PRIVATE | forward({"content": ""}), "unreadable"),
        ("", PRIVATE | {"sticker_items": [{"name": "x"}]} | reply(content="y"), "unreadable"),
        ("", reply(content="the answer", author={"id": ME}), "empty_reply"),
    ],
)  # fmt: skip
def test_the_greeting_is_only_for_what_is_empty(content, more, kind):
    assert kind == heard(content, **more).kind


@pytest.mark.parametrize(
    "wrong", [None, 5, "x", [], [None, 5, ["x"]], {}, {"content": 5}, [{"id": {}}]], ids=repr
)
def test_nothing_of_another_shape_harms(wrong):
    keys = ("referenced_message", "message_reference", "message_snapshots", "embeds", "poll", "components")
    for key in (*keys, "mentions", "mention_roles", "attachments", "sticker_items", "member"):
        for message in ({key: wrong}, reply(**{key: wrong}), forward({key: wrong}), {**reply(), key: wrong}):
            assert "why?" == heard(f"{BOT} why?", **message).text.replace(BOT, "").strip()
    for part in ("question", "answers", "fields", "author", "provider", "footer", "components"):
        heard(BOT, poll={**LUNCH, part: wrong}, embeds=[{**ALERT, part: wrong}], components=[{part: wrong}])


@discord_with(rules=Rules(message_content=True))
async def test_a_reply_tells_the_model_what_it_answers(discord, product, script):
    """With its picture; in the channel others wrote in."""
    async with product(follow_threads=True):
        said = await discord.say(BOB, ROOM, "exit code 137", attachments=[("log.txt", b"killed")])
        await mention(discord, ANN, "why?", reply_to=said, ping=False)
        await discord.until(lambda: script.asked)

    (asked,) = script.asked[0]
    assert f"[In reply to person-{BOB[-4:]} at " in asked
    assert "> exit code 137\n\nwhy?" in asked
    assert "killed" in asked


async def test_a_reply_to_what_cannot_be_read_is_told_as_that(discord, product, script):
    """Without the Message Content Intent: the model can ask for a copy."""
    async with product():
        said = await discord.say(BOB, ROOM, "exit code 137")
        await mention(discord, ANN, "", reply_to=said)
        await discord.until(lambda: script.asked)
        await all_heard(discord)

    assert HIDDEN in script.asked[0][0]
    assert text("help", "en") not in [post.content for post in discord.posts(ROOM)]


async def test_names_of_channels_and_roles(discord, product, script):
    """Known ones cost nothing; after a cold resume each is asked for once. Other servers' stay ids."""
    quiet, other = discord.add_channel(GUILD), discord.add_channel(discord.add_guild(), name="secret")

    def lookups() -> int:
        return sum(call.path == f"/channels/{quiet}" for call in discord.calls)

    async with product():
        await exchange(discord, ANN, ROOM, "hello")
        await discord.replay("CHANNEL_UPDATE", {"id": quiet, "guild_id": GUILD, "name": "renamed"})
        await discord.replay("GUILD_ROLE_UPDATE", {"guild_id": GUILD, "role": {"id": "77", "name": "ops"}})
        await mention(discord, ANN, f"see <#{quiet}> <@&77> <@&78> <#{other}>")
        await discord.until(lambda: len(script.asked) == 2)
        before = lookups()
    async with product():
        for number in (1, 2):
            await mention(discord, ANN, f"<#{quiet}> {number}", discord.add_channel(GUILD))
            await discord.until(lambda number=number: len(script.asked) == 2 + number)

    assert f"see #renamed @ops @&78 #{other}" == script.asked[1][-1]
    assert (["#general 1"], ["#general 2"]) == (script.asked[2], script.asked[3])
    assert (0, 1) == (before, lookups())
