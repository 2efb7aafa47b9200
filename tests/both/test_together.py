"""Everything at once: many people, long answers around tools, recordings that lead to tools, restarts."""

from __future__ import annotations

import asyncio
import itertools
import json

from standins.script.script import Call, Item, Part, outputs, text_of
from tests import samples
from tests.both.chats import Chat, Sent, answered, texts
from tests.both.networks import DiscordChat, SlackChat
from tests.slack.stage import Pause

GREET = '@tool\nasync def greet(name: str) -> str:\n    "Greet."\n    return f"Hello {name}!"\n'
LONG = " ".join(f"word{number}" for number in range(700))


def greeting(items: list[Item]) -> list[Part]:
    """The model greets who speaks, by the tool."""
    if done := outputs(items[-1:]):
        return [" ".join(done.values())]
    return [Call("greet", {"name": text_of(items[-1]).removeprefix("I am ")})]


async def test_many_people(slack, discord, spool, script, office):
    """Twenty people on each network ask at the same moment: each is greeted once, by name."""
    office.tool("greet", GREET)
    script.otherwise = greeting
    chats: list[tuple[Chat, str]] = [(SlackChat(slack), f"U0PERSON{n:02}") for n in range(20)]
    chats += [(DiscordChat(discord), f"2000000000000001{n:02}") for n in range(20)]
    async with spool():
        asked = await asyncio.gather(*(chat.ask(f"I am {who}", person=who) for chat, who in chats))
        for (chat, who), question in zip(chats, asked, strict=True):
            await answered(chat, question, f"Hello {who}!")
        await office.over()

    for (chat, who), question in zip(chats, asked, strict=True):
        assert [f"Hello {who}!"] == texts(chat, question)
    assert 80 == len(script.requests)
    threads = office.rows("SELECT thread_id, COUNT(*) FROM items GROUP BY thread_id")
    assert (40, {4}) == (len(threads), {count for _, count in threads})


async def test_long_answers_around_a_tool(chat, spool, script, office):
    """Over several posts, before the tool and after it: every word once, and nothing of the task."""
    office.tool("greet", GREET)
    script.enqueue(LONG, Call("greet", {"name": "Ann"}))
    script.enqueue(lambda items: f"{' '.join(outputs(items).values())} {LONG}")
    async with spool():
        asked = await chat.ask("much, please")
        await chat.until(lambda: "".join(post.text for post in chat.posts_after(asked)).count("word699") == 2)
        await office.over()
        posts = [post.text for post in chat.posts_after(asked)]

    said = " ".join(" ".join(posts).split())
    assert f"{LONG} Hello Ann! {LONG}" == said


async def test_a_recording_that_leads_to_a_tool(chat, spool, script, office, openai):
    """Over a restart: it is understood once, and what it says stays above the answer."""
    office.tool("greet", GREET)
    clip = Sent("voice-message.ogg", samples.ogg(), voice=True)
    openai.transcripts[clip.content] = "greet me"
    waiting = Pause()
    script.enqueue("Well.", Call("greet", {"name": "Ann"}, id="a"))
    script.enqueue(lambda _: waiting, "never")
    async with spool():
        asked = await chat.ask("", clip)
        await chat.until(lambda: len(script.requests) == 2)
    waiting.end()
    script.enqueue(lambda items: outputs(items)["a"])
    async with spool():
        await answered(chat, asked, "> 🎤 greet me\n\nWell.\n\nHello Ann!")
        await office.over()
        again = await chat.ask("thanks")
        await answered(chat, again, "echo: thanks")

    assert 1 == len(openai.transcriptions)
    assert ["greet me"] == [text_of(item) for item in script.requests[-1][1][:1]]
    assert "🎤" not in json.dumps(script.requests[-1][1], ensure_ascii=False)


async def test_restarts_at_every_turn(chat, spool, script, office):
    """A run of three responses in four processes: one answer, every call once."""
    office.tool(
        "note",
        '@tool\ndef note(number: int) -> int:\n    "Note."\n    with NOTES.open("a") as notes:\n'
        '        notes.write(f"{number}\\n")\n    return number\n',
    )
    pauses = [Pause() for _ in range(3)]
    for number, pause in enumerate(pauses[:2]):
        script.enqueue(f"Step {number}.", Call("note", {"number": number}, id=f"call_{number}"))
        script.enqueue(lambda _, pause=pause: pause, "never")
    asked = ""
    for number in range(2):
        async with spool():
            asked = asked or await chat.ask("go")
            await chat.until(lambda: len(script.requests) == 2 * number + 2)
        pauses[number].end()
    script.enqueue(lambda items: f"Done: {list(outputs(items).values())}")
    async with spool():
        await answered(chat, asked, "Step 0.\n\nStep 1.\n\nDone: ['0', '1']")
        await office.over()

    assert ["0", "1"] == office.noted()
    assert ["Step 0.\n\nStep 1.\n\nDone: ['0', '1']"] == list(itertools.chain(texts(chat, asked)))
