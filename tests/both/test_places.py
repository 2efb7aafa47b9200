"""Tools, files and questions where things differ: direct messages, threads, a Slack without cards."""

from __future__ import annotations

import pytest

from standins.script.script import Call, outputs
from tests.both.chats import YES, Chat
from tests.both.networks import DiscordChat, SlackChat
from tests.both.office import BOOK, WAIT
from tests.both.requests import making
from tests.discord.people import ANN, ROOM


@pytest.fixture(
    params=[
        *("slack direct", "slack thread", "slack chunks", "slack streams", "discord direct"),
        "discord thread",
    ]
)
def elsewhere(request, office) -> Chat:
    """A direct message, a thread of others, or a channel where streams take no cards or do not exist."""
    network, where = request.param.split()
    standin = request.getfixturevalue(network)
    if network == "discord":
        return DiscordChat(
            standin, office, standin.dm(ANN) if where == "direct" else standin.add_thread(ROOM)
        )
    if where == "chunks":
        standin.refuse_chunks()
    if where == "streams":
        standin.fail("chat.startStream", error="method_not_supported_for_channel_type", times=99)
    return SlackChat(standin, office, "D0ANN" if where == "direct" else "C0123ABC", inside=where == "thread")


async def test_everything_works_there(elsewhere, spool, script, office):
    """An activity that is seen, a question that is allowed, a file that is posted, all where it was asked."""
    office.tool("all", WAIT + BOOK)
    await office.hire({"type": "code_interpreter"}, "*")
    script.enqueue(Call("wait"))
    script.enqueue(Call("book", {"room": "Blue"}, id="a"))
    made, name, cited = making(a=b"1")
    script.enqueue(made, lambda items: f"{outputs(items)['a']}: ", name, cited)
    async with spool():
        asked = await elsewhere.ask("do it all")
        await elsewhere.until(lambda: "wait" in elsewhere.doing(asked))
        office.notes.touch()
        (question,) = await elsewhere.asked(asked)
        await elsewhere.press(question, YES)
        answer = await elsewhere.answer(asked)
        await elsewhere.until(lambda: "" == elsewhere.doing(asked))

    assert ["Blue is booked: a.bin"] == [text.strip() for text in answer.text.split("\n") if "✅" not in text]
    assert [("a.bin", b"1")] == answer.files
    places = ("C0123ABC", "D0ANN") if elsewhere.name == "slack" else (ROOM, elsewhere.place)
    assert len(elsewhere.posts(asked)) == sum(len(elsewhere.standin.posts(place)) for place in places)
