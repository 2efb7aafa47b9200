"""Files of answers: posted, or honestly refused."""

from __future__ import annotations

import pytest

from standins.script.script import Cite, Hosted, Say, Scenario
from tests.both.chats import answered, files, texts
from tests.both.office import Office
from tests.slack.stage import Pause

PYTHON = {"type": "code_interpreter"}
LARGE = b"x" * (10 * 2**20 + 1)


def making(script: Scenario, **contents: bytes) -> None:
    """Code leaves these files, and the answer names them."""
    names = {name: f"{name}.bin" for name in contents}
    script.enqueue(
        Hosted("code_interpreter_call", produces=[(names[name], data) for name, data in contents.items()]),
        *[Say(f"[{name}](sandbox:/mnt/data/{name}) ") for name in names.values()],
        *[
            Cite({"type": "container_file_citation", "filename": name, "start_index": 0, "end_index": 0})
            for name in names.values()
        ],
    )


@pytest.fixture(autouse=True)
async def _interpreter(office: Office) -> None:
    """The assistant can run code."""
    await office.hire(PYTHON)


@pytest.mark.parametrize("chat", ["discord"], indirect=True)
async def test_too_large_for_discord(chat, spool, script, office):
    """Named under the answer with the limit; the small one stands there all the same."""
    making(script, big=LARGE, small=b"small")
    async with spool():
        asked = await chat.ask("make both")
        await chat.until(lambda: "limit 10 MB" in "".join(texts(chat, asked)))
        await answered(chat, asked, files=1)
        await office.over()

    (text,) = texts(chat, asked)
    assert "big.bin" in text.split("\n")[-1]
    assert "small.bin is too large" not in text
    assert [("small.bin", b"small")] == files(chat, asked)


@pytest.mark.parametrize("chat", ["slack"], indirect=True)
async def test_slack_takes_large_ones(chat, spool, script, office):
    """Byte by byte."""
    making(script, big=LARGE)
    async with spool():
        asked = await chat.ask("make it")
        await answered(chat, asked, files=1)
        await office.over()

    ((name, content),) = files(chat, asked)
    assert ("big.bin", True) == (name, content == LARGE)


@pytest.mark.parametrize("chat", ["discord"], indirect=True)
async def test_exactly_the_limit(chat, spool, script, office):
    """Ten mebibytes are taken."""
    making(script, big=LARGE[:-1])
    async with spool():
        asked = await chat.ask("make it")
        await answered(chat, asked, files=1)
        await office.over()

    ((_, content),) = files(chat, asked)
    assert LARGE[:-1] == content


async def test_files_stand_under_their_answer(chat, spool, script, office):
    """The text first, then its files in their order; and the next answer has none of them."""
    making(script, first=b"1", second=b"2", third=b"3")
    async with spool():
        asked = await chat.ask("make them")
        await answered(chat, asked, files=3)
        await office.over()
        again = await chat.ask("thanks")
        await answered(chat, again, "echo: thanks")
        await office.over()

    posts = chat.posts(asked)
    assert [0, 1, 1, 1] == [len(post.files) for post in posts]
    assert [b"1", b"2", b"3"] == [content for _, content in files(chat, asked)]
    assert [] == files(chat, again)


async def test_a_name_that_would_ping(chat, spool, script, office):
    """A file may be called anything; `unseemly` looks at every post."""
    name = "<!channel> @everyone.csv"
    script.enqueue(
        Hosted("code_interpreter_call", produces=[(name, b"1")]),
        Say("Here."),
        Cite({"type": "container_file_citation", "filename": name}),
    )
    async with spool():
        asked = await chat.ask("make it")
        await answered(chat, asked, "Here.", files=1)
        await office.over()

    assert 1 == len(files(chat, asked))


@pytest.mark.parametrize("chat", ["discord"], indirect=True)
async def test_a_second_attempt_has_all_the_bytes(chat, spool, script, office):
    """Discord fails once; what its SDK sends then is the whole file, and it stands there once."""
    waiting = Pause()
    script.enqueue(
        Hosted("code_interpreter_call", produces=[("a.bin", LARGE[: 2**21])]),
        Say("Here."),
        lambda _: waiting,
        Cite({"type": "container_file_citation", "filename": "a.bin"}),
    )
    async with spool():
        asked = await chat.ask("make it")
        await chat.until(lambda: texts(chat, asked))
        chat.standin.fail("POST", "/channels/{channel}/messages", status=502)
        waiting.end()
        await answered(chat, asked, "Here.", files=1)
        await office.over()

    ((_, content),) = files(chat, asked)
    assert LARGE[: 2**21] == content
