"""An answer: streamed, remembered, forgotten by order, the same after any restart, whole under load."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from standins.script.script import Call, Hosted, outputs, text_of
from tests import samples
from tests.both.chats import Chat, Sent
from tests.both.networks import DiscordChat, SlackChat
from tests.both.office import DICE
from tests.slack.stage import Pause

SHORT = "Once upon a time there was a king. "
LONG = SHORT * 60
"""More than one post of Discord."""
GREET = '@tool\nasync def greet(name: str) -> str:\n    "Greet."\n    return f"Hello {name}!"\n'
WORDS = " ".join(f"word{number}" for number in range(1000))


async def test_it_is_remembered_until_a_reset(chat, spool, script):
    async with spool():
        for text in ("one", "two"):
            assert f"echo: {text}" == (await chat.talk(text)).text
        assert ["one", "echo: one", "two"] == [text_of(item) for item in script.requests[-1][1]]
        assert await chat.command("reset")
        await chat.talk("three")
        assert ["three"] == [text_of(item) for item in script.requests[-1][1]]
        for order in ("reset", "초기화"):
            assert (await chat.talk(order)).text
            await chat.talk("four")
            assert ["four"] == [text_of(item) for item in script.requests[-1][1]]
        await chat.talk("reset please")  # is not the whole of it: a question

    assert 6 == len(script.requests)


async def test_restarts_at_every_turn(chat, spool, script, office, openai):
    """A spoken question, a run of three responses, three processes: heard, called and answered once."""
    office.tool("dice", DICE)
    clip = Sent("voice-message.ogg", samples.ogg(), voice=True)
    openai.transcripts[clip.content] = "throw twice"
    asked = ""
    for number in range(2):
        pause = Pause()
        script.enqueue(f"Throw {number}.", Call("dice", id=f"call_{number}"))
        script.enqueue(lambda _, pause=pause: pause, "never")
        async with spool():
            asked = asked or await chat.ask("", clip)
            await chat.until(lambda number=number: len(script.requests) == 2 * number + 2)
        pause.end()
    script.enqueue(lambda items: f"Done: {list(outputs(items).values())}")
    async with spool():
        answer = await chat.answer(asked)
        assert "echo: thanks" == (await chat.talk("thanks")).text

    assert "> 🎤 throw twice\n\nThrow 0.\n\nThrow 1.\n\nDone: ['4', '4']" == answer.text
    assert (["thrown"] * 2, 1) == (office.noted(), len(openai.transcriptions))
    assert "throw twice" == text_of(script.requests[-1][1][0])


async def test_a_response_that_goes_on_while_nobody_listens(chat, spool, office, script, openai):
    """It is listened to again from its beginning: nothing is asked, called or posted twice."""
    office.tool("dice", DICE)
    await office.hire("dice", {"type": "image_generation"})
    waiting = Pause()
    script.enqueue("I throw.", Call("dice", id="a"))
    script.enqueue("A ", lambda _: waiting, Hosted("image_generation_call"), "four.")
    async with spool(openai_background=True):
        asked = await chat.ask("throw")
        await chat.says(asked, "I throw.\n\nA")
    waiting.end()
    async with spool(openai_background=True):
        answer = await chat.answer(asked)

    assert ("I throw.\n\nA four.", 1) == (answer.text, len(answer.files))
    assert (["thrown"], 2) == (office.noted(), len(openai.requests))
    assert [True, True] == [stored.deleted for stored in openai.responses.values()]


@pytest.mark.parametrize("before", [SHORT, LONG], ids=["short", "long"])
async def test_what_people_see_never_shrinks(chat, spool, script, before):
    """After a crash in mid-answer the model says something else, which ends up there as it is.

    Where it stands in several posts, each ends with a whole word, so another text fills them a little less.
    """
    lengths: list[int] = []

    def shown() -> str:
        found = "".join(post.text for post in chat.posts(asked))
        if len(found) not in lengths[-1:]:
            lengths.append(len(found))
        return found

    new = "It was otherwise. " * (len(before) // 15 + 3)
    script.enqueue(before, lambda _: Pause())
    script.enqueue(new)
    script.delay = 0.02 if before == SHORT else 0.001
    async with spool():
        asked = await chat.ask("tell me")
        await chat.until(lambda: len(shown()) >= len(before) * 0.95)
    lengths.clear()
    async with spool():
        await chat.until(lambda: shown().strip().endswith("otherwise.") and len(shown()) >= len(new) * 0.95)
        answer = await chat.answer(asked)

    slack = 0 if before == SHORT else 60
    assert all(later >= earlier - slack for earlier, later in pairwise(lengths))
    assert "".join(new.split()) == "".join(answer.text.split())


async def test_long_answers_around_a_tool(chat, spool, script, office):
    """Over several posts of either network, before the tool and after it: every word once, nothing else."""
    office.tool("greet", GREET)
    script.enqueue(WORDS, Call("greet", {"name": "Ann"}))
    script.enqueue(lambda items: f"{' '.join(outputs(items).values())} {WORDS}")
    async with spool():
        answer = await chat.talk("much, please")

    assert f"{WORDS} Hello Ann! {WORDS}" == " ".join(answer.text.split())


async def test_many_people(slack, discord, spool, script, office):
    """Twenty people on each network ask at the same moment: each is greeted once, by name."""
    office.tool("greet", GREET)
    script.otherwise = lambda items: (
        [" ".join(done.values())]
        if (done := outputs(items[-1:]))
        else [Call("greet", {"name": text_of(items[-1]).removeprefix("I am ")})]
    )
    chats: list[tuple[Chat, str]] = [(SlackChat(slack, office), f"U0PERSON{n:02}") for n in range(20)]
    chats += [(DiscordChat(discord, office), f"2000000000000001{n:02}") for n in range(20)]
    async with spool():
        asked = await asyncio.gather(*(chat.ask(f"I am {who}", person=who) for chat, who in chats))
        answers = [await chat.answer(question) for (chat, _), question in zip(chats, asked, strict=True)]

    assert [f"Hello {who}!" for _, who in chats] == [answer.text for answer in answers]
    assert 80 == len(script.requests)
    threads = office.rows("SELECT thread_id, COUNT(*) FROM items GROUP BY thread_id")
    assert (40, {4}) == (len(threads), {count for _, count in threads})
