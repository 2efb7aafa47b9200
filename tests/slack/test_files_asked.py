"""Files people send on Slack, from the message to the answer: what the model is given and people are told."""

from __future__ import annotations

import asyncio

from core.store.database import Database
from standins.slack import Upload
from tests import samples
from tests.slack.conversation import all_heard, exchange, shows, texts

NOTES = ("notes.txt", b"the launch is on Friday")
ZIP = ("a.zip", samples.zipped("x"))


async def test_words_and_files_are_one_question(slack, product, script):
    """In one request, in their order."""
    script.perform("On Friday.")
    async with product():
        ts = await slack.mention("U1", "C1", "when is it?", files=[NOTES, ("b.csv", b"day\nFriday\n")])
        await shows(slack, "C1", ts, "On Friday.")

    ((said,),) = script.asked
    assert said.index("when is it?") < said.index("the launch is on Friday") < said.index("day\nFriday")


async def test_a_refused_file_does_not_hide_the_rest(slack, product, script):
    """The question is answered; under the answer stands which file was not read, why, and what to do."""
    script.perform("On Friday.")
    async with product():
        ts = await slack.mention("U1", "C1", "when is it?", files=[ZIP, NOTES])
        await slack.until(lambda: texts(slack, "C1", ts) and not slack.posts("C1", ts)[0].streaming)

    (post,) = texts(slack, "C1", ts)
    assert post.startswith("On Friday.")
    assert post.endswith(
        "📎 `a.zip`: I do not open archives. Please unpack it and send the files themselves."
    )
    assert "the launch is on Friday" in script.asked[0][-1]


async def test_a_name_pings_nobody(slack, product):
    """Also that of a refused file; `unseemly` looks at every post."""
    async with product():
        ts = await slack.mention("U1", "C1", "hello", files=[Upload("<!channel> @here.zip", ZIP[1])])
        await slack.until(lambda: "📎" in "".join(texts(slack, "C1", ts)))


async def test_a_voice_clip_is_a_question(slack, product, script):
    """What was said stands above the answer, and is what the model is asked."""
    script.perform("It is noon.")
    clip = Upload("audio_message.m4a", samples.mp4(b"soun"), voice=True)
    async with product():
        ts = await slack.say("U1", "D1", "", files=[clip])
        await slack.until(lambda: "It is noon." in "".join(texts(slack, "D1", ts)))

    said = f"a recording of {len(clip.content)} bytes"
    assert [f"> 🎤 {said}\n\nIt is noon."] == texts(slack, "D1", ts)
    assert [[said]] == script.asked


async def test_files_of_two_people_never_mix(slack, product, script):
    """In one channel, at the same time, and in later questions."""
    slack.delay("download", 0.1)
    async with product():
        for user in ("U1", "U2"):
            await slack.mention(
                user, "C1", f"I am {user}", files=[("same.txt", f"secret of {user}".encode())]
            )
        await slack.until(
            lambda: len(slack.posts("C1")) == 2 and not any(p.streaming for p in slack.posts("C1"))
        )
        for user in ("U1", "U2"):
            await exchange(slack, user, "C1", f"again {user}")

    assert 4 == len(script.asked)
    for said in script.asked:
        words = "\n".join(said)
        assert ("I am U1" in words) is ("secret of U1" in words)
        assert ("I am U2" in words) is ("secret of U2" in words)
        assert not ("secret of U1" in words and "secret of U2" in words)


async def test_a_restart_while_fetching_loses_nothing(slack, product, script):
    """The next process fetches what is not there yet, and only that; there is one answer."""
    script.perform("On Friday.")
    async with product():
        slack.delay("download", 30.0)
        ts = await slack.mention("U1", "C1", "when is it?", files=[NOTES])
        await slack.until(lambda: slack.fetches)
    slack.heal()
    async with product():
        await shows(slack, "C1", ts, "On Friday.")
        await all_heard(slack)

    assert (1, 2) == (len(texts(slack, "C1", ts)), len(slack.fetches))


async def test_files_sent_while_it_was_away_are_found(slack, product, script):
    """History tells them as events do."""
    async with product():
        await exchange(slack, "U1", "C1", "one")
    await slack.go_offline()
    await slack.go_online()
    script.perform("On Friday.")
    ts = await slack.mention("U1", "C1", "when is it?", files=[NOTES])
    async with product():
        await shows(slack, "C1", ts, "On Friday.")

    assert "the launch is on Friday" in script.asked[-1][-1]


async def test_bytes_are_not_kept(slack, product, tmp_path):
    """Once the answer is there, only what the file was is known."""
    async with product():
        ts = await slack.mention("U1", "C1", "when is it?", files=[NOTES])
        await slack.until(lambda: texts(slack, "C1", ts) and not slack.posts("C1", ts)[0].streaming)
        await all_heard(slack)
    db = Database(tmp_path / "data" / "spool.sqlite3")
    try:
        rows = await db(lambda tx: tx("SELECT name, kind, size, content FROM files"))
    finally:
        await asyncio.to_thread(db.close)

    assert [("notes.txt", "text", len(NOTES[1]), None)] == rows


async def test_no_more_files_than_allowed(slack, product, script):
    """The first ones are read, the others are named; none of them is fetched."""
    async with product(files_per_message=1, file_megabytes=1):
        ts = await slack.mention(
            "U1", "C1", "x", files=[NOTES, ("b.txt", b"b"), Upload("c.txt", b"c", size=2**21)]
        )
        await slack.until(lambda: "📎" in "".join(texts(slack, "C1", ts)))
        big = await slack.mention("U1", "C1", "y", files=[Upload("c.txt", b"c", size=2**21)])
        await slack.until(lambda: "📎" in "".join(texts(slack, "C1", big)))

    assert "📎 `b.txt`, `c.txt`: not read" in texts(slack, "C1", ts)[0]
    assert "at most 1 MB" in texts(slack, "C1", big)[0]
    assert 1 == len(slack.fetches)


async def test_a_missing_scope_is_told(slack, product):
    """The person learns whom to ask; the operator finds the cure in the log."""
    slack.scopes.discard("files:read")
    async with product():
        ts = await slack.mention("U1", "C1", "hello", files=[NOTES])
        await slack.until(lambda: "not allowed to read files" in "".join(texts(slack, "C1", ts)))
