"""“Ask about this”: the command on a message, answered in the channel or where only the person sees it."""

from __future__ import annotations

import logging

import pytest

from bots.discord.hooks import ASK
from core.texts import text
from standins.discord import DiscordStandin, Post, Rules
from standins.script.script import Call, Wait
from tests.discord.conversation import (
    all_heard,
    creations,
    discord_with,
    exchange,
    growing,
    mention,
    texts,
)
from tests.discord.people import ANN, BOB, CAT, GUILD, ROOM
from tests.slack.stage import Pause, Stage
from tests.tool_files import DRAW, draws, paid, put_tool, wants_to_pay

CALLBACK = ("POST", "/interactions/{id}/{token}/callback")
QUESTION = text("about_message", "en")


async def ask(discord: DiscordStandin, channel: str, said: str = "exit code 137", **how: object) -> str:
    """Bob says it there, and Ann asks about it; the id of his message."""
    message = await discord.say(BOB, channel, said)
    reply = await discord.ask_about(ANN, channel, message, ASK, **how)  # type: ignore[arg-type]
    assert (False, True) == (reply.failed, reply.ephemeral)
    assert reply.acked_after is not None
    assert reply.acked_after < 3
    return message


def told(discord: DiscordStandin) -> list[Post]:
    """What Ann alone sees, without what still grows."""
    return [post for post in discord.seen(ANN) if post.content and not growing(post)]


def asks(post: Post) -> str:
    """The `custom_id` of the yes to a question, "" for any other post."""
    ids = [part["custom_id"] for row in post.components for part in row["components"]]
    return next((one for one in ids if one.startswith("spool:yes:")), "")


async def test_asked_in_a_channel_it_answers_there(discord, product, script):
    """As a reply to that message, whose words the bot could not read else; Ann is told where it is."""
    thread = discord.add_thread(ROOM)
    async with product():
        for place in (ROOM, thread):
            asked = await ask(discord, place)
            await discord.until(lambda place=place: any("137" in said for said in texts(discord, place)))
            (post,) = discord.posts(place)
            assert asked == post.reference
        await discord.until(lambda: len(told(discord)) == 2)

    assert {text("answer_comes", "en")} == {post.content for post in told(discord)}
    assert [f"> exit code 137\n\n{QUESTION}"] == [one.partition(":]\n")[2] for one in script.asked[0]]


@pytest.mark.parametrize("place", ["no writing", "no access", "others"])
async def test_where_it_may_not_write_only_the_person_sees_it(discord, product, script, place):
    """Nothing is posted there, however long the answer, and its buttons work."""
    channel = discord.add_others_dm(ANN) if place == "others" else discord.add_channel(GUILD)
    if place != "others":
        discord.forbid(channel, {"no writing": 50013, "no access": 50001}[place])
    pause = Pause()
    script.perform("one. ", Wait(0.3), pause, "two. " * 500)
    async with product(answer_buttons=True, feedback=True):
        await ask(discord, channel)
        await discord.until(lambda: any(growing(post) for post in discord.seen(ANN)))
        pause.end()
        await discord.until(lambda: len(told(discord)) == 2 and not any(map(growing, discord.seen(ANN))))
        await discord.ask_about(ANN, channel, await discord.say(BOB, channel, "and this?"), ASK)
        await discord.until(lambda: len(told(discord)) == 3 and not any(map(growing, discord.seen(ANN))))
        shown = told(discord)
        thanks = await discord.press(ANN, channel, shown[1].id, "spool:vote:good")

    assert (text("rated", "en"), True) == (thanks.text, thanks.ephemeral)
    assert ([], []) == (texts(discord, channel), creations(discord, channel))
    assert (f"one. {'two. ' * 500}").strip() == " ".join(post.content for post in shown[:2])
    assert [0, 2, 2] == [sum(len(row["components"]) for row in post.components) for post in shown]
    assert all(post.flags & 64 for post in told(discord))
    assert 3 == len(script.asked[1]), "it is one conversation"


async def test_questions_and_files_come_there_too(discord, product, script, ledger, tmp_path):
    """Their buttons work for the person, and nothing is shown twice."""
    put_tool(tmp_path / "data", "draw", DRAW)
    channel = discord.add_others_dm(ANN)
    wants_to_pay(script)
    async with product():
        message = await ask(discord, channel)
        await discord.until(lambda: any(map(asks, discord.seen(ANN))))
        question = next(filter(asks, discord.seen(ANN)))
        await discord.press(ANN, channel, question.id, asks(question))
        await discord.until(lambda: any("paid 5" in post.content for post in told(discord)))
        draws(script, {"name": "cat.png", "size": 3})
        await discord.ask_about(ANN, channel, message, ASK)
        await discord.until(lambda: any(post.attachments for post in discord.seen(ANN)))
        await all_heard(discord)

    shown = [post.content or post.attachments[0].filename for post in discord.seen(ANN)]
    allowed = text("approval_approved", "en").format(name="pay")
    assert {allowed, "Result: paid 5", "Here you are.", "cat.png"} == set(shown)
    assert ([5], 4) == (paid(ledger), len(shown))


async def test_a_command_told_again_is_one_question(discord, product, script):
    """A resumed session repeats what it is not sure we have heard."""
    message = await discord.say(BOB, ROOM, "an id of now")
    words = {"id": message, "channel_id": ROOM, "content": "words", "author": {"id": BOB}}
    data = {"name": ASK, "type": 3, "target_id": message, "resolved": {"messages": {message: words}}}
    told = {"id": str(int(message) + 1), "token": "t", "type": 2, "guild_id": GUILD, "channel_id": ROOM}
    async with product():
        for _ in range(2):
            await discord.replay("INTERACTION_CREATE", told | {"member": {"user": {"id": ANN}}, "data": data})
            await all_heard(discord)
        await discord.until(lambda: len(texts(discord, ROOM)) == 1)
    async with product():
        await all_heard(discord)

    assert (1, 1) == (len(script.asked), len(texts(discord, ROOM)))


async def test_a_cut_while_discord_is_told_that_an_answer_comes(discord, product):
    """It is told once more, within its three seconds."""
    discord.fail(*CALLBACK, drop=True, times=2)
    async with product():
        await ask(discord, discord.add_others_dm(ANN))
        await discord.until(lambda: told(discord))


@pytest.mark.parametrize("here", [True, False])
async def test_an_answer_goes_on_after_a_restart(discord, product, script, here):
    """By the token that was stored with the question, in place."""
    channel = ROOM if here else discord.add_others_dm(ANN)
    first, second = Pause(), Pause()
    script.perform("the first half", Wait(0.3), first)
    script.perform(second, "the whole of it")

    def seen() -> list[str]:
        return texts(discord, ROOM) if here else [post.content for post in discord.seen(ANN)]

    async with product():
        await ask(discord, channel)
        await discord.until(lambda: any("first half" in said for said in seen()))
    second.end()
    async with product():
        await discord.until(lambda: "the whole of it" in seen())

    assert 1 == len(seen())


@discord_with(rules=Rules(interaction_lifetime=1.0))
async def test_after_fifteen_minutes_the_log_tells(discord, product, script, caplog):
    """Discord takes nothing more: the answer is remembered, and the operator is told the cure."""
    pause = Pause()
    script.perform(pause, "late")
    channel = discord.add_others_dm(ANN)
    with caplog.at_level(logging.ERROR):
        async with product():
            message = await discord.say(BOB, channel, "exit code 137")
            await discord.ask_about(ANN, channel, message, ASK, timeout=1.2)
            pause.end()
            await discord.until(lambda: "answer cannot be shown" in caplog.text)
            await all_heard(discord)

    (record,) = [record for record in caplog.records if record.message == "answer cannot be shown"]
    assert "for 15 minutes only" in str(record.__dict__["error"])


async def test_korean(discord, product, script):
    """Names of commands and what Ann and the model are told, by her locale."""
    async with product():
        await ask(discord, ROOM, locale="ko")
        await discord.until(lambda: told(discord) and script.asked)

    names = {one["name"]: one["name_localizations"] for one in discord.commands}
    described = [one.get("description_localizations") for one in discord.commands if one["type"] == 1]
    assert {"ko": "이 메시지에 대해 묻기"} == names[ASK]
    assert all(set(one or ()) == {"ko"} for one in (*names.values(), *described))
    assert text("answer_comes", "ko") == told(discord)[0].content
    assert script.asked[0][0].endswith(text("about_message", "ko"))


async def reading(discord: DiscordStandin, script: Stage) -> str:
    """What `read_channel` gives the model when Ann asks for it."""
    script.enqueue(Call("read_channel", id="r"))
    before = len(script.requests)
    await mention(discord, ANN, "what did they say?")
    await discord.until(lambda: len(script.requests) == before + 2)
    return str(script.requests[-1][1][-1]["output"])


async def test_the_channel_is_read_as_far_as_discord_lets_us(discord, product, script):
    """What is hidden is counted; what may not be read at all is said in plain words."""
    async with product():
        await exchange(discord, ANN, ROOM, "hello")
        await discord.say(BOB, ROOM, "secret")
        seen = await reading(discord, script)
        discord.fail("GET", "/channels/{channel}/messages", status=403, code=50001, times=1)
        refused = await reading(discord, script)

    assert "Discord: [1 messages here are left out" in seen
    assert f"person-{ANN[-4:]}: hello" in seen
    assert "spool: echo: hello" in seen
    assert "secret" not in seen
    assert "what did they say?" not in seen, "it is read until the question"
    assert ("Read Message History" in refused, "403" in refused) == (True, False)


@discord_with(rules=Rules(message_content=True))
async def test_with_the_content_intent_everything_is_read(discord, product, script):
    """Who said it, and what a message points at and brings along."""
    async with product(follow_threads=True):
        first = await discord.say(BOB, ROOM, "ship it?")
        await discord.say(CAT, ROOM, "yes", reply_to=first, attachments=[("plan.txt", b"1")])
        seen = await reading(discord, script)

    assert f"person-{BOB[-4:]}: ship it?" in seen
    assert "> ship it?\n    yes\n    [File plan.txt]" in seen
    assert "left out" not in seen
