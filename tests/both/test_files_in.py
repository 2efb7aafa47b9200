"""What people send: in which form the model gets it, and that nothing of it is lost, kept or mixed up."""

from __future__ import annotations

import base64

import pytest

from standins.script.script import Hosted
from tests import samples
from tests.both.chats import Sent, answered, of_request, parts, texts, words
from tests.slack.stage import Pause

PICTURE = Sent("cat.png", samples.png())
PDF = Sent("plan.pdf", samples.PDF)
NOTES = Sent("notes.txt", "오늘 the launch is on Friday".encode())
TABLE = Sent("days.csv", b"day\nFriday\n")
WORD = Sent("contract.docx", samples.office("docx"))
ZIP = Sent("old.zip", samples.zipped("x"))
PYTHON = {"type": "code_interpreter"}


def inside(data: str) -> bytes:
    """The bytes of a data URL."""
    return base64.b64decode(data.split(",", 1)[1])


async def test_a_picture_is_seen(chat, spool, office, openai):
    """Its bytes are in the request itself, and nowhere in the thread."""
    async with spool():
        asked = await chat.ask("what is it?", PICTURE)
        await answered(chat, asked, "echo: what is it?")
        await office.over()

    ((part,), said) = parts(openai.requests[0].body, "input_image"), words(openai.requests[0].body)
    assert (PICTURE.content, "what is it?") == (inside(part["image_url"]), said)
    assert "base64" not in office.everything_of("items", "steps", "messages")


async def test_a_picture_can_be_asked_about_again(chat, spool, office, openai):
    """The next question brings it along by its id at the model server."""
    async with spool():
        asked = await chat.ask("what is it?", PICTURE)
        await answered(chat, asked, "echo: what is it?")
        await office.over()
        again = await chat.ask("and its colour?")
        await answered(chat, again, "echo: and its colour?")

    (part,) = parts(openai.requests[1].body, "input_image")
    assert PICTURE.content == openai.files.kept[part["file_id"]].content
    assert "image_url" not in part


async def test_a_picture_the_server_forgot_ends_no_conversation(chat, spool, office, openai):
    """Later questions are answered without it, be it expired or deleted there."""
    async with spool():
        asked = await chat.ask("what is it?", PICTURE)
        await answered(chat, asked, "echo: what is it?")
        await office.over()
        for kept in list(openai.files.kept):
            openai.files.delete(kept)
        again = await chat.ask("and its colour?")
        await answered(chat, again, "echo: and its colour?")

    assert [] == parts(openai.requests[-1].body, "input_image")


async def test_a_pdf_is_read(chat, spool, openai, office):
    """As a file in the request, with its name."""
    async with spool():
        asked = await chat.ask("sum up", PDF)
        await answered(chat, asked, "echo: sum up")
        await office.over()

    (part,) = parts(openai.requests[0].body, "input_file")
    assert (PDF.content, "plan.pdf") == (inside(part["file_data"]), part["filename"])
    assert "base64" not in office.everything_of("items", "steps", "messages")


async def test_a_pdf_can_be_searched_later(chat, spool, openai, office):
    """In the thread's own store, which expires."""
    async with spool():
        asked = await chat.ask("sum up", PDF)
        await answered(chat, asked, "echo: sum up")
        await office.over()
        again = await chat.ask("who signed it?")
        await answered(chat, again, "echo: who signed it?")

    (tool,) = of_request(openai.requests[1].body, "file_search")
    (store,) = openai.stores.all.values()
    assert ([store.id], [PDF.content]) == (
        tool["vector_store_ids"],
        [entry.file.content for entry in store.entries.values()],
    )
    assert store.days is not None
    assert all(file.expires_at for file in openai.files.kept.values())


async def test_text_is_read(chat, spool, openai):
    """Among the words, under its name."""
    async with spool():
        asked = await chat.ask("when?", NOTES, TABLE)
        await chat.until(lambda: texts(chat, asked))

    said = words(openai.requests[0].body)
    assert said.index("when?") < said.index("notes.txt") < said.index(NOTES.content.decode())
    assert said.index("days.csv") < said.index("day\nFriday\n")


async def test_an_office_document_is_searched(chat, spool, openai, office):
    """It is in the thread's store before the model is asked, which may search there."""
    async with spool():
        asked = await chat.ask("what does it say?", WORD)
        await chat.until(lambda: texts(chat, asked))
        await office.over()

    (tool,) = of_request(openai.requests[0].body, "file_search")
    (store,) = openai.stores.all.values()
    assert [store.id] == tool["vector_store_ids"]
    assert [WORD.content] == [entry.file.content for entry in store.entries.values()]
    assert "contract.docx" in words(openai.requests[0].body)


async def test_code_gets_everything(chat, spool, openai, office, script):
    """Files are in the container, now and for the next question."""
    await office.hire(PYTHON)
    async with spool():
        asked = await chat.ask("sum up", TABLE, PICTURE)
        await chat.until(lambda: texts(chat, asked))
        await office.over()
        script.enqueue(Hosted("code_interpreter_call"), "Done.")
        again = await chat.ask("once more")
        await answered(chat, again, "Done.")

    for request in openai.requests:
        (tool,) = of_request(request.body, "code_interpreter")
        names = [openai.files.kept[id].name for id in tool["container"]["file_ids"]]
        assert ["cat.png", "days.csv"] == sorted(names)
    (container,) = openai.containers.all.values()
    assert {"cat.png", "days.csv"} == {file.name for file in container.files.values()}


async def test_a_voice_message(chat, spool, openai, script):
    """What was said stands quoted above the answer, from its first words on, and is the question."""
    clip = Sent("voice-message.ogg", samples.ogg(), voice=True)
    openai.transcripts[clip.content] = "안녕\nwhat time is it?"
    waiting = Pause()
    script.enqueue("It is", lambda _: waiting, " noon.")
    async with spool():
        asked = await chat.ask("", clip)
        await chat.until(lambda: "It is" in "".join(texts(chat, asked)))
        (during,) = texts(chat, asked)
        waiting.end()
        await answered(chat, asked, "> 🎤 안녕\n> what time is it?\n\nIt is noon.")

    assert "> 🎤 안녕\n> what time is it?\n\nIt is" in during
    assert "안녕\nwhat time is it?" == words(openai.requests[0].body)
    assert "gpt-transcribe" == openai.transcriptions[0].model


async def test_refused_files_are_named(chat, spool, openai):
    """Each with its reason; the rest of the message is answered."""
    empty, large = Sent("empty.txt", b""), Sent("large.txt", b"x", size=30 * 2**20)
    async with spool():
        asked = await chat.ask("when?", ZIP, NOTES, empty, large)
        await chat.until(lambda: "📎" in "".join(texts(chat, asked)))
        (text,) = [post.text for post in await answered(chat, asked)]

    assert text.startswith("echo: when?")
    lines = text.split("\n")
    assert "📎 `old.zip`: I do not open archives. Please unpack it and send the files themselves." in lines
    assert "📎 `empty.txt`: empty. Please check the file and send it again." in lines
    assert any(line.startswith("📎 `large.txt`: too large.") and "20 MB" in line for line in lines)
    assert NOTES.content.decode() in words(openai.requests[0].body)


async def test_only_refused_files(chat, spool, openai):
    """There is nothing to ask the model."""
    async with spool():
        asked = await chat.ask("", ZIP)
        await chat.until(lambda: "📎 `old.zip`" in "".join(texts(chat, asked)))

    assert [] == openai.requests


@pytest.mark.parametrize("file", [PICTURE, PDF, NOTES, WORD], ids=lambda file: file.name)
async def test_a_restart_before_the_answer(chat, spool, openai, office, script, file):
    """The bytes are here already: the next process asks with them, though the network gives them no more."""
    waiting = Pause()
    script.enqueue(lambda _: waiting, "never")
    async with spool():
        asked = await chat.ask("look", file)
        await chat.until(lambda: openai.requests)
    waiting.end()
    await chat.hold_downloads(30)
    script.enqueue("Seen.")
    async with spool():
        await answered(chat, asked, "Seen.")
        await office.over()

    first, second = (openai.requests[n].body["input"] for n in (0, -1))
    assert first == second
    assert 1 == chat.fetched()
    assert len({upload.content for upload in openai.files.uploaded}) == len(openai.files.uploaded)
    assert [(None,)] == office.rows("SELECT content FROM files")


async def test_no_bytes_stay(chat, spool, office):
    """Once the answer is there, of every kind of file only what it was is known."""
    clip = Sent("voice-message.ogg", samples.ogg(), voice=chat.name == "slack")
    async with spool():
        asked = await chat.ask("look", PICTURE, PDF, NOTES, WORD, TABLE, clip, ZIP)
        await chat.until(lambda: texts(chat, asked))
        await office.over()

    kinds = dict(office.rows("SELECT name, kind FROM files WHERE content IS NULL"))
    assert {"cat.png": "picture", "plan.pdf": "document", "old.zip": ""}.items() <= kinds.items()
    assert 7 == len(kinds)
    assert samples.ogg().decode("latin-1") not in office.everything()


@pytest.mark.parametrize("size", [1_000, 30_000, 100_000])
async def test_texts_of_any_size_can_be_asked_about_later(chat, spool, openai, office, size):
    """Small ones among the words, now and later; large ones in the thread's own store."""
    text = ("word " * (size // 5)).encode() + b"THE END"
    async with spool():
        asked = await chat.ask("read", Sent("book.txt", text))
        await chat.until(lambda: texts(chat, asked))
        await office.over()
        again = await chat.ask("how does it end?")
        await chat.until(lambda: texts(chat, again))
        await office.over()

    for request in openai.requests:
        stores = [id for tool in of_request(request.body, "file_search") for id in tool["vector_store_ids"]]
        found = [entry.file.content for id in stores for entry in openai.stores.all[id].entries.values()]
        assert "THE END" in words(request.body) or found == [text]


@pytest.mark.parametrize("ending", ["xlsx", "pptx"])
async def test_other_office_documents(chat, spool, openai, office, ending):
    """Are searched or read in the request itself, whichever the server can."""
    file = Sent(f"a.{ending}", samples.office(ending))
    async with spool():
        asked = await chat.ask("read", file)
        await chat.until(lambda: texts(chat, asked))
        await office.over()

    body = openai.requests[0].body
    read = [inside(part["file_data"]) for part in parts(body, "input_file")]
    stores = [id for tool in of_request(body, "file_search") for id in tool["vector_store_ids"]]
    found = [entry.file.content for id in stores for entry in openai.stores.all[id].entries.values()]
    assert file.content in [*read, *found]
