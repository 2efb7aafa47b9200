"""THREAD_SCOPE=topic and WHILE_BUSY=collect: people who share a conversation, with tools and files."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from standins.script.script import Call, outputs
from tests import samples
from tests.both.chats import NO, YES, Chat, Sent, answered, asks, parts, texts, words
from tests.both.networks import DiscordChat, SlackChat
from tests.conftest import Product
from tests.slack.stage import Pause

BOOK = '@tool(confirm=True)\ndef book() -> str:\n    "Book."\n    NOTES.touch()\n    return "booked"\n'


@asynccontextmanager
async def shared(chat: Chat, spool: Product) -> AsyncIterator[None]:
    """Everybody in the topic talks in one conversation."""
    async with spool(thread_scope="topic"):
        yield


async def test_only_who_asked_decides(discord, spool, office, script):
    """Also where several people share the thread; what others write does not refuse it for them."""
    chat = DiscordChat(discord)
    office.tool("book", BOOK)
    script.enqueue(Call("book", id="a"))
    script.enqueue(lambda items: outputs(items)["a"])
    async with shared(chat, spool):
        asked = await chat.ask("book it")
        question = await asks(chat, asked)
        other = await chat.ask("what is up?", person=chat.bob)
        assert "Only the person who asked" in await chat.press(question, NO, chat.bob)
        await chat.press(question, YES)
        await answered(chat, asked, "booked")
        await chat.until(lambda: texts(chat, other))
        await office.over()

    assert office.notes.exists()


async def test_files_are_for_everybody_there(discord, spool, office, openai):
    """Who shares the conversation shares its pictures and documents; the model is told who sent what."""
    chat = DiscordChat(discord)
    async with shared(chat, spool):
        asked = await chat.ask("look", Sent("cat.png", samples.png()), Sent("a.docx", samples.office("docx")))
        await chat.until(lambda: texts(chat, asked))
        await office.over()
        other = await chat.ask("what is it?", person=chat.bob)
        await chat.until(lambda: texts(chat, other))
        await office.over()

    body = openai.requests[-1].body
    assert 1 == len(parts(body, "input_image"))
    assert ["file_search"] == [tool["type"] for tool in body["tools"]]
    said = words(body).split("\n")
    assert any(line.endswith(": look") for line in said)
    assert any(line.endswith(": what is it?") for line in said)


async def test_messages_that_are_answered_together(chat, spool, office, script, openai):
    """What was sent while an answer was made is one question with all its files, in their order."""
    waiting = Pause()
    script.enqueue("One.", lambda _: waiting)
    async with spool(while_busy="collect"):
        first = await chat.ask("first")
        await chat.until(lambda: openai.requests)
        if chat.name == "slack":
            assert isinstance(chat, SlackChat)
            more = [
                await chat.standin.mention(chat.ann, chat.place, text, first, files=[(name, name.encode())])
                for text, name in (("second", "b.txt"), ("third", "c.txt"))
            ]
        else:
            more = [
                await chat.ask(text, Sent(name, name.encode()))
                for text, name in (("second", "b.txt"), ("third", "c.txt"))
            ]
        await chat.until(lambda: len(office.rows("SELECT id FROM messages")) == 3)
        waiting.end()
        question = first if chat.name == "slack" else more[-1]
        await chat.until(lambda: "third" in "".join(texts(chat, question)))
        await office.over()

    assert 2 == len(openai.requests)
    said = words(openai.requests[1].body)
    places = [said.index(word) for word in ("second", "[File b.txt]", "third", "[File c.txt]")]
    assert sorted(places) == places


async def test_a_voice_message_in_a_shared_thread(slack, spool, openai):
    """The model is told who says it."""
    chat = SlackChat(slack)
    clip = Sent("audio_message.m4a", samples.mp4(b"soun"), voice=True)
    openai.transcripts[clip.content] = "what time is it?"
    async with shared(chat, spool):
        asked = await chat.ask("", clip)
        await chat.until(lambda: "> 🎤 what time is it?" in "".join(texts(chat, asked)))

    assert words(openai.requests[0].body).endswith(": what time is it?")
