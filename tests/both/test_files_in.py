"""What people send: in which form the model gets it, and that nothing of it is lost, kept or mixed up."""

from __future__ import annotations

import base64

import pytest

from standins.script.script import Hosted
from tests import samples
from tests.both.chats import Sent
from tests.both.requests import of_request, parts, words
from tests.slack.stage import Pause

PICTURE = Sent("cat.png", samples.png())
PDF = Sent("plan.pdf", samples.PDF)
NOTES = Sent("notes.txt", "오늘 the launch is on Friday".encode())
WORD = Sent("contract.docx", samples.office("docx"))
TABLE = Sent("days.csv", b"day\nFriday\n")
ZIP = Sent("old.zip", samples.zipped("x"))
CLIP = Sent("voice-message.ogg", samples.ogg(), voice=True)


def inside(data: str) -> bytes:
    return base64.b64decode(data.split(",", 1)[1])


async def test_in_which_form_the_model_gets_them(chat, spool, office, openai):
    """Now in the request or the thread's store, which expires; later by the server's ids; no bytes here."""
    async with spool():
        await chat.talk("look", PICTURE, PDF, NOTES, WORD)
        await chat.talk("and its colour?", WORD)

    first, second = (request.body for request in openai.requests)
    (picture,), (pdf,) = parts(first, "input_image"), parts(first, "input_file")
    assert PICTURE.content == inside(picture["image_url"])
    assert (PDF.content, "plan.pdf") == (inside(pdf["file_data"]), pdf["filename"])
    said = words(first)
    assert said.index("look") < said.index("notes.txt") < said.index(NOTES.content.decode())
    assert "contract.docx" in said
    (store,) = openai.stores.all.values()
    assert [[store.id]] * 2 == [
        of_request(body, "file_search")[0]["vector_store_ids"] for body in (first, second)
    ]
    assert {PDF.content, WORD.content} == {entry.file.content for entry in store.entries.values()}
    (picture,) = parts(second, "input_image")
    assert PICTURE.content == openai.files.kept[picture["file_id"]].content
    assert 3 == len(openai.files.uploaded)
    assert store.days is not None
    assert all(file.expires_at for file in openai.files.kept.values())
    assert "base64" not in office.everything("items", "steps", "messages")
    kinds = dict(office.rows("SELECT name, kind FROM files WHERE content IS NULL"))
    assert {"cat.png": "picture", "plan.pdf": "document", "notes.txt": "text"}.items() <= kinds.items()


async def test_code_gets_everything(chat, spool, openai, office, script):
    """Files are in the container, now and for the next question; a week later they have expired there."""
    await office.hire({"type": "code_interpreter"})
    async with spool():
        await chat.talk("sum up", TABLE, PICTURE)
        script.enqueue(Hosted("code_interpreter_call"), "Done.")
        assert "Done." == (await chat.talk("once more")).text
        (container,) = openai.containers.all.values()
        assert {"cat.png", "days.csv"} == {file.name for file in container.files.values()}
        for request in openai.requests:
            (tool,) = of_request(request.body, "code_interpreter")
            names = [openai.files.kept[id].name for id in tool["container"]["file_ids"]]
            assert ["cat.png", "days.csv"] == sorted(names)
        openai.clock.skip(8 * 86_400)
        for text in ("and now?", "and again?"):
            assert f"echo: {text}" == (await chat.talk(text)).text

    assert "code_interpreter" == openai.requests[-1].body["tools"][-1]["type"]
    assert 200 == openai.requests[-1].status


async def test_a_follow_up_waits_for_its_picture(chat, spool, openai):
    """A picture is kept for later beside the answer; a question that comes meanwhile has it all the same."""
    hold = openai.hold("POST /files")
    async with spool():
        asked = await chat.ask("look", PICTURE)
        await chat.says(asked, "echo: look")
        again = await chat.ask("and now?")
        hold.release()
        await chat.says(again, "echo: and now?")

    assert 1 == len(parts(openai.requests[1].body, "input_image"))


async def test_a_restart_before_the_answer(chat, spool, openai, office, script):
    """The bytes are here already: the next process asks with them, though the network gives them no more."""
    waiting = Pause()
    script.enqueue(lambda _: waiting, "never")
    async with spool():
        asked = await chat.ask("look", PICTURE, PDF, NOTES, WORD)
        await chat.until(lambda: openai.requests)
    waiting.end()
    chat.delay("download", 30)
    script.enqueue("Seen.")
    async with spool():
        assert "Seen." == (await chat.answer(asked)).text

    first, second = (openai.requests[n].body["input"] for n in (0, -1))
    assert first == second
    assert 4 == len(chat.standin.fetches)
    assert len({upload.content for upload in openai.files.uploaded}) == len(openai.files.uploaded)
    assert {(None,)} == set(office.rows("SELECT content FROM files"))


async def test_refused_files_are_named(chat, spool, openai):
    """Each with its reason; the rest of the message is answered, and where nothing is left, nothing asked."""
    empty, large = Sent("empty.txt", b""), Sent("large.txt", b"x", size=30 * 2**20)
    async with spool():
        alone = await chat.talk("", ZIP)
        assert [] == openai.requests
        answer = await chat.talk("when?", ZIP, NOTES, empty, large)

    assert "📎 `old.zip`" in alone.text
    assert answer.text.startswith("echo: when?")
    lines = answer.text.split("\n")
    assert "📎 `old.zip`: I do not open archives. Please unpack it and send the files themselves." in lines
    assert "📎 `empty.txt`: empty. Please check the file and send it again." in lines
    assert any(line.startswith("📎 `large.txt`: too large.") and "20 MB" in line for line in lines)
    assert NOTES.content.decode() in words(openai.requests[0].body)


async def test_a_server_that_takes_no_files(chat, spool, openai):
    openai.fail("POST /files", status=401, code="invalid_api_key", times=99)
    async with spool():
        answer = await chat.talk("what does it say?", WORD)

    assert answer.text.startswith("echo: what does it say?")
    assert "contract.docx" in answer.text.split("\n")[-1]


async def test_a_voice_message(chat, spool, openai, script):
    """What was said stands quoted above the answer, from its first words on, and is the question; no ping."""
    openai.models["gpt-4o-transcribe"] = None
    openai.transcripts[CLIP.content] = "안녕 <!channel> @everyone <@U0BOB>\nwhat time is it?"
    waiting = Pause()
    script.enqueue("It is", lambda _: waiting, " noon.")
    async with spool(transcription_model="gpt-4o-transcribe"):
        asked = await chat.ask("", CLIP)
        await chat.says(asked, "\n> what time is it?\n\nIt is")
        waiting.end()
        answer = await chat.answer(asked)

    assert answer.text.startswith("> 🎤 안녕")
    assert answer.text.endswith("\n> what time is it?\n\nIt is noon.")
    assert openai.transcripts[CLIP.content] == words(openai.requests[0].body)
    assert ["gpt-4o-transcribe"] == [one.model for one in openai.transcriptions]


@pytest.mark.parametrize("heard", ["", None], ids=["silence", "refused"])
async def test_a_recording_nobody_understands(chat, spool, openai, office, heard):
    """The person is told what to do; the model is not asked about nothing."""
    if heard is None:
        openai.fail("POST /audio/transcriptions", status=400, code="invalid_value", times=9)
    else:
        openai.transcripts[CLIP.content] = heard
    async with spool():
        answer = await chat.talk("", CLIP)

    wanted = "I could not understand the recording" if heard is None else "I heard no words in it"
    assert wanted in answer.text
    assert [] == openai.requests
    assert [(None,)] == office.rows("SELECT content FROM files")
