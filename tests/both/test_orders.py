"""`/assistant`, `/memory` and the word memory: what people are told, and what admins may change."""

from __future__ import annotations

import pytest

from tests.both.chats import answered, texts
from tests.both.office import Office


@pytest.fixture
async def two(office: Office) -> tuple[str, str]:
    """HelpBot answers everywhere, Poet nowhere yet; their ids."""
    one = await office.hire(name="HelpBot", instructions="You help.")
    other = await office.hire(name="Poet", instructions="You rhyme.", where=("slack", "C0ELSEWHERE"))
    return one.id, other.id


async def test_who_answers(chat, spool, two):
    """Anybody may ask; only they see it."""
    async with spool():
        told = await chat.command("assistant")

    assert "HelpBot" in told
    assert two[0] in told
    assert "Poet" in told
    assert "You help." not in told


@pytest.mark.parametrize("by", ["name", "id"])
async def test_an_admin_switches_the_channel(chat, spool, two, script, by):
    """From the next message on, and only in that channel."""
    async with spool(admins=(chat.ann,)):
        told = await chat.command("assistant", "poet" if by == "name" else two[1])
        asked = await chat.ask("hello", person=chat.bob)
        await answered(chat, asked, "echo: hello")

    assert "Poet" in told
    assert "You rhyme." == script.requests[-1][0]


async def test_nobody_else_does(chat, spool, two, script):
    """They are told whom to ask."""
    async with spool(admins=(chat.ann,)):
        told = await chat.command("assistant", "Poet", person=chat.bob)
        asked = await chat.ask("hello", person=chat.bob)
        await answered(chat, asked, "echo: hello")

    assert "Only admins" in told
    assert "You help." == script.requests[-1][0]


async def test_a_name_nobody_has(chat, spool, two):
    """The ones there are stand there, and whatever was typed pings nobody."""
    async with spool(admins=(chat.ann,)):
        told = await chat.command("assistant", "<!channel> @everyone")

    assert "There is no assistant" in told
    assert "Poet" in told
    assert "<!channel>" not in told or chat.name == "discord"


async def test_memory(chat, spool, office):
    """By the word and by the command: the same, and the model is not asked."""
    async with spool():
        assert "I remember nothing here yet" in await chat.command("memory")
        asked = await chat.ask("one")
        await answered(chat, asked, "echo: one")
        await office.over()
        told = await chat.command("memory")
        word = await chat.ask("memory")
        await chat.until(lambda: texts(chat, word))

    assert "This conversation has 2 messages" in told
    assert [told] == texts(chat, word)
    assert 1 == len(office.rows("SELECT id FROM runs WHERE assistant_id IS NOT NULL"))


async def test_memory_of_another_person(chat, spool, office):
    """Is their own."""
    async with spool():
        asked = await chat.ask("one")
        await answered(chat, asked, "echo: one")
        await office.over()
        told = await chat.command("memory", person=chat.bob)

    assert "I remember nothing here yet" in told


async def test_in_their_language(slack, spool, two):
    """A person with a Korean Slack reads Korean."""
    slack.set_locale("U1", "ko-KR")
    async with spool():
        await slack.say("U1", "D1", "안녕")
        await slack.until(lambda: slack.posts("D1"))
        assistant = await slack.slash("U1", "D1", "/assistant")
        memory = await slack.slash("U1", "D1", "/memory")

    assert "여기서 답하는" in assistant.texts[0]
    assert any(0xAC00 <= ord(letter) <= 0xD7A3 for letter in memory.texts[0])


async def test_memory_of_a_topic(slack, spool, office):
    """Where every thread is a conversation, Slack's command cannot know which: the word inside it can."""
    async with spool(thread_scope="topic"):
        ts = await slack.mention("U1", "C1", "one")
        await slack.until(lambda: slack.posts("C1", ts))
        await office.over()
        command = await slack.slash("U1", "C1", "/memory")
        await slack.mention("U1", "C1", "memory", ts)
        await slack.until(lambda: len(slack.posts("C1", ts)) == 2)
        await slack.until(lambda: "messages" in slack.posts("C1", ts)[1].text)

    assert "inside the thread" in command.texts[0]
