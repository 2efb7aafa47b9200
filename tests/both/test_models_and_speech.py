"""Models that end or are missing, and recordings that cannot be understood: said to whom it concerns."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests import samples
from tests.both.chats import Sent, answered, texts, words
from tests.logged import lines, logged

CLIP = Sent("voice-message.ogg", samples.ogg(), voice=True)


async def test_a_model_that_ends_soon(discord_chat, spool, openai, office):
    """The operator reads it in the log of the start; people notice nothing."""
    last_day = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
    openai.models = {"gpt-6-luna": last_day, "gpt-transcribe": None}
    with logged("WARNING") as stream:
        async with spool():
            asked = await discord_chat.ask("hello")
            await answered(discord_chat, asked, "echo: hello")
            await discord_chat.until(lambda: lines(stream))

    (line,) = lines(stream)
    assert line["level"] == "WARNING"
    assert "gpt-6-luna" in line["message"]
    assert last_day in line["message"]


async def test_a_model_that_is_gone(chat, spool, openai, office):
    """Who is asked with it says so, once; the assistant of another channel goes on answering."""
    await office.hire(model="gpt-4-turbo", where=(chat.name, chat.place))
    async with spool():
        asked = await chat.ask("hello")
        await chat.until(lambda: "my AI model is not available" in "".join(texts(chat, asked)))
        await office.over()
        await office.types("assistants", "update", "HelpBot", "--model", "gpt-6.1-terra")
        again = await chat.ask("and now?")
        await answered(chat, again, "echo: and now?")

    assert [404, 200] == [request.status for request in openai.requests]


async def test_a_recording_nobody_understands(chat, spool, openai, office):
    """The person is told what to do; the model is not asked about nothing."""
    openai.fail("POST /audio/transcriptions", status=400, code="invalid_value", times=9)
    async with spool():
        asked = await chat.ask("", CLIP)
        await chat.until(lambda: "I could not understand the recording" in "".join(texts(chat, asked)))
        await office.over()

    assert [] == openai.requests
    assert [(None,)] == office.rows("SELECT content FROM files")


async def test_a_recording_without_words(chat, spool, openai):
    """Silence is no question."""
    openai.transcripts[CLIP.content] = ""
    async with spool():
        asked = await chat.ask("", CLIP)
        await chat.until(lambda: "I heard no words in it" in "".join(texts(chat, asked)))

    assert [] == openai.requests


async def test_another_model_listens(chat, spool, openai):
    """A setting; and what a recording says pings nobody above the answer."""
    assert openai.models is not None
    openai.models["gpt-4o-transcribe"] = None
    openai.transcripts[CLIP.content] = "hello <!channel> @everyone <@U0BOB>"
    async with spool(transcription_model="gpt-4o-transcribe"):
        asked = await chat.ask("", CLIP)
        await chat.until(lambda: "🎤" in "".join(texts(chat, asked)))

    assert ["gpt-4o-transcribe"] == [one.model for one in openai.transcriptions]


async def test_a_recording_beside_words(chat, spool, openai):
    """Both are the question: what was written, and what the file says, under its name."""
    song = Sent("meeting.mp3", samples.mp3())
    openai.transcripts[song.content] = "we meet on Friday"
    async with spool():
        asked = await chat.ask("sum it up", song)
        await chat.until(lambda: "> 🎤 we meet on Friday" in "".join(texts(chat, asked)))

    said = words(openai.requests[0].body)
    assert said.index("sum it up") < said.index("meeting.mp3") < said.index("we meet on Friday")


async def test_a_server_that_is_slow_to_listen(chat, spool, openai, script):
    """People see that something is done while a recording is listened to; then the answer."""
    hold = openai.hold("POST /audio/transcriptions")
    openai.transcripts[CLIP.content] = "hello"
    async with spool():
        asked = await chat.ask("", CLIP)
        await openai.until(lambda: hold.waiting == 1)
        await chat.until(lambda: chat.busy(asked))
        hold.release()
        await answered(chat, asked, "> 🎤 hello\n\necho: hello")
