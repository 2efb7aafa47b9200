"""Files when the model server or the chat network is in trouble: an answer, and an honest line under it."""

from __future__ import annotations

import pytest

from standins.discord import DiscordStandin
from standins.script.script import Cite, Hosted, Say, Scenario
from tests import samples
from tests.both.chats import Chat, Sent, answered, files, parts, texts, words
from tests.both.networks import DiscordChat, SlackChat
from tests.both.office import Office
from tests.conftest import Product
from tests.slack.stage import Pause

PICTURE = Sent("cat.png", samples.png())
WORD = Sent("contract.docx", samples.office("docx"))
PYTHON = {"type": "code_interpreter"}


async def test_no_place_for_a_document(chat, spool, openai):
    """The server takes no files just now: the rest is answered, and the document is named."""
    openai.fail("POST /files", status=401, code="invalid_api_key", times=99)
    async with spool():
        asked = await chat.ask("what does it say?", WORD)
        await chat.until(lambda: "⚠️" in "".join(texts(chat, asked)) or "📎" in "".join(texts(chat, asked)))

    (text,) = texts(chat, asked)
    assert text.startswith("echo: what does it say?")
    assert "contract.docx" in text.split("\n")[-1]


async def test_a_store_that_is_gone(chat, spool, openai, office):
    """The thread's documents expired or were deleted at the server: later questions are answered without."""
    async with spool():
        asked = await chat.ask("look", WORD)
        await chat.until(lambda: texts(chat, asked))
        await office.over()
        openai.stores.all.clear()
        again = await chat.ask("and now?")
        await answered(chat, again, "echo: and now?")
        await office.over()
        third = await chat.ask("once more", WORD)
        await chat.until(lambda: "echo: once more" in "".join(texts(chat, third)))
        await office.over()

    (store,) = openai.stores.all.values()
    assert [WORD.content] == [entry.file.content for entry in store.entries.values()]


async def test_the_same_document_twice(chat, spool, openai, office):
    """Is at the server once."""
    async with spool():
        for text in ("one", "two"):
            asked = await chat.ask(text, WORD)
            await chat.until(lambda: texts(chat, asked))
            await office.over()

    assert 1 == len(openai.files.uploaded)


async def test_a_follow_up_waits_for_its_picture(chat, spool, openai, office):
    """A picture is kept for later beside the answer; a question that comes meanwhile has it all the same."""
    hold = openai.hold("POST /files")
    async with spool():
        asked = await chat.ask("look", PICTURE)
        await answered(chat, asked, "echo: look")
        again = await chat.ask("and now?")
        hold.release()
        await answered(chat, again, "echo: and now?")
        await office.over()

    assert 1 == len(parts(openai.requests[1].body, "input_image"))


async def test_a_slack_that_forbids_files(slack, spool, script, office):
    """The answer stands; under it what the operator has to change."""
    await office.hire(PYTHON)
    slack.scopes.discard("files:write")
    await refused(SlackChat(slack), spool, script, office)


async def test_a_discord_that_forbids_files(discord, spool, script, office):
    """The same there."""
    await office.hire(PYTHON)
    await refused(DiscordChat(discord), spool, script, office, discord)


async def refused(
    chat: Chat, spool: Product, script: Scenario, office: Office, discord: DiscordStandin | None = None
) -> None:
    """A file that the network does not take."""
    waiting = Pause()
    script.enqueue(
        Hosted("code_interpreter_call", produces=[("a.csv", b"1")]),
        Say("Here."),
        lambda _: waiting,
        Cite({"type": "container_file_citation", "filename": "a.csv"}),
    )
    async with spool():
        asked = await chat.ask("make it")
        await chat.until(lambda: texts(chat, asked))
        if discord is not None:
            discord.fail("POST", "/channels/{channel}/messages", status=403, code=50013, times=9)
        waiting.end()
        await chat.until(lambda: "could not be posted here" in "".join(texts(chat, asked)))
        await office.over()

    assert [] == files(chat, asked)
    assert texts(chat, asked)[0].startswith("Here.")
    assert [("completed",)] == office.rows("SELECT status FROM runs")


@pytest.mark.parametrize(
    "fault", [{"status": 429, "retry_after": 0.1}, {"status": 500}, {"lost": True}], ids=str
)
async def test_a_server_that_fails_once(discord_chat, spool, openai, office, fault):
    """Uploading is tried again, and the answer has the document."""
    chat = discord_chat
    openai.fail("POST /files", **fault)
    async with spool():
        asked = await chat.ask("look", WORD)
        await chat.until(lambda: "echo: look" in "".join(texts(chat, asked)))
        await office.over()

    assert "could not be read" not in words(openai.requests[0].body)
    assert "file_search" in [tool["type"] for tool in openai.requests[0].body["tools"]]


async def test_a_message_that_is_deleted_while_it_waits(chat, spool, openai, office, script):
    """Its file is forgotten with it, and it is never answered."""
    waiting = Pause()
    script.enqueue(lambda _: waiting, "One.")
    async with spool():
        first = await chat.ask("first")
        await chat.until(lambda: openai.requests)
        second = await chat.ask("second", Sent("notes.txt", b"SECRET OF ANN"))
        await chat.until(lambda: office.rows("SELECT 1 FROM files WHERE content IS NOT NULL"))
        await chat.delete(second)
        await chat.until(lambda: not office.rows("SELECT 1 FROM files WHERE content IS NOT NULL"))
        waiting.end()
        await answered(chat, first, "One.")
        await office.over()

    assert [] == chat.posts(second)
    assert 1 == len(openai.requests)


async def test_files_the_server_no_longer_has(chat, spool, openai, office):
    """A week later the thread's files have expired there: questions are answered, code runs without them."""
    await office.hire(PYTHON)
    async with spool():
        asked = await chat.ask("sum up", Sent("in.csv", b"a\n1\n"), PICTURE, WORD)
        await chat.until(lambda: texts(chat, asked))
        await office.over()
        openai.clock.skip(8 * 86_400)
        for text in ("and now?", "once more"):
            again = await chat.ask(text)
            await answered(chat, again, f"echo: {text}")
            await office.over()

    assert ["code_interpreter"] == [tool["type"] for tool in openai.requests[-1].body["tools"]]
    assert 200 == openai.requests[-1].status
