"""Files at Discord's messages: what is announced, and fetching it from the CDN, over real sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.discord.events import read
from bots.discord.files import MOST_FILES, DiscordFiles, attachments
from core.errors import FileRefused, Retryable
from core.files.detect import judge
from core.types import Attachment
from standins.discord import DiscordStandin, Upload
from tests import samples
from tests.discord.people import ANN, GUILD, ROOM
from tests.slack.nonsense import NONSENSE
from tests.spy import spying

ME = "1100000000000000002"
URL = "https://cdn.discordapp.com/attachments/1/2/cat.png?ex=1&is=1&hm=1&"
PICTURE: dict[str, Any] = {
    "id": "370000000000000001",
    "filename": "cat.png",
    "size": 48211,
    "url": URL,
    "proxy_url": "https://media.discordapp.net/attachments/1/2/cat.png?ex=1&is=1&hm=1",
    "content_type": "image/png",
}
BYTES = "/attachments/{channel}/{file}/{name}"


@pytest.fixture
async def files(discord: DiscordStandin) -> AsyncIterator[DiscordFiles]:
    files = DiscordFiles(discord.api_url)
    yield files
    await files.close()


async def sent(discord: DiscordStandin, *uploads: Upload) -> tuple[Attachment, ...]:
    said = await discord.say(ANN, ROOM, "look", mention_bot=True, attachments=uploads)
    place = f"{discord.api_url}/channels/{ROOM}/messages/{said}"
    token = {"Authorization": f"Bot {discord.token}"}
    async with aiohttp.ClientSession(headers=token) as session, session.get(place) as response:
        return attachments(await response.json())


async def test_what_people_send_is_fetched(discord, files):
    (picture,) = await sent(discord, Upload("cat.png", samples.png()))

    assert samples.png() == await files.fetch(picture, 1000)
    assert [200] == [fetch.status for fetch in discord.fetches]


async def test_a_file_larger_than_the_limit_is_not_asked_for(discord, files):
    (file,) = await sent(discord, Upload("a.txt", b"x" * 100))
    assert 100 == len(await files.fetch(file, 100))
    with pytest.raises(FileRefused, match="file_too_large"):
        await files.fetch(file, 99)

    assert 1 == len(discord.fetches)


async def test_an_address_that_expired_is_told(discord, files):
    (file,) = await sent(discord, Upload("a.txt", b"x"))
    discord.expire_attachments()

    with pytest.raises(FileRefused, match="file_deleted"):
        await files.fetch(file, 10)


async def test_a_forbidden_file_is_gone():
    """The CDN says so of signatures it does not know; no operator could change that."""
    async with spying(status=403) as spy:
        files = DiscordFiles(f"{spy.url}/api/v10")
        with pytest.raises(FileRefused, match="file_deleted"):
            await files.fetch(Attachment("1", "a", f"{spy.url}/a"), 10)
        await files.close()


async def test_no_other_host_is_asked(discord, files):
    async with spying() as spy:
        with pytest.raises(FileRefused, match="file_external"):
            await files.fetch(Attachment("1", "a", f"{spy.url}/attachments/1/2/a"), 10)

    assert [] == spy.heard


async def test_no_token_and_no_cookie_is_sent():
    """The address alone is the permission."""
    async with spying(headers={"Set-Cookie": "x=y; Path=/"}) as spy:
        files = DiscordFiles(f"{spy.url}/api/v10")
        for _ in range(2):
            await files.fetch(Attachment("1", "a", f"{spy.url}/a"), 10)
        await files.close()

    assert not [name for headers in spy.heard for name in headers if name in ("Authorization", "Cookie")]


async def test_a_redirect_is_not_followed():
    async with spying(status=302, headers={"Location": "/b"}) as spy:
        files = DiscordFiles(f"{spy.url}/api/v10")
        with pytest.raises(FileRefused, match="file_unavailable"):
            await files.fetch(Attachment("1", "a", f"{spy.url}/a"), 10)
        await files.close()

    assert 1 == len(spy.heard)


@pytest.mark.parametrize(
    "fault", [{"status": 503}, {"drop": True, "times": 2}, {"drop": True, "when": "after"}], ids=str
)
async def test_what_may_pass_can_be_tried_again(discord, files, fault):
    """Half a file is no file; a connection that breaks at once is tried again by aiohttp itself, once."""
    (file,) = await sent(discord, Upload("a.txt", b"x" * 500_000))
    discord.fail("GET", BYTES, **fault)
    with pytest.raises(Retryable):
        await files.fetch(file, 1_000_000)

    assert b"x" * 500_000 == await files.fetch(file, 1_000_000)


async def test_a_voice_message_is_sound(discord, files):
    (clip,) = await sent(discord, Upload("voice-message.ogg", samples.ogg(), voice=True))

    assert clip.voice
    assert "audio" == judge(await files.fetch(clip, 1000), clip.name, voice=clip.voice).kind


async def test_closing_twice_is_harmless(discord, files):
    """As is closing what was never used; a later fetch begins anew."""
    await files.close()
    (file,) = await sent(discord, Upload("a.txt", b"x"))
    await files.fetch(file, 10)
    await files.close()
    await files.close()

    assert b"x" == await files.fetch(file, 10)


def test_a_file_is_told_with_all_we_need():
    """Its own address, not that of the proxy, which changes pictures."""
    told = Attachment("370000000000000001", "cat.png", URL, 48211, "image/png")

    assert (told,) == attachments({"attachments": [PICTURE]})


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"url": None}, {"url": ""}),
        ({"url": "x y"}, {"url": ""}),
        ({"size": "4"}, {"size": -1}),
        ({"size": True}, {"size": -1}),
        ({"size": 2**60}, {"size": -1}),
        ({"content_type": 5}, {"type": ""}),
        ({"content_type": "audio/ogg; codecs=opus"}, {"type": ""}),
        ({"filename": None}, {"name": "file"}),
        ({"filename": "\u202e" + "x" * 999}, {"name": "x" * 120}),
        ({"filename": "_.pdf", "title": "보고서"}, {"name": "보고서.pdf"}),
        ({"filename": "a.pdf", "title": "a.pdf"}, {"name": "a.pdf"}),
        ({"filename": "a.pdf", "title": ["x"]}, {"name": "a.pdf"}),
        ({"filename": "README", "title": "read me"}, {"name": "read me"}),
        ({"waveform": "AAEC"}, {"voice": True}),
        ({"waveform": 5}, {}),
    ],
)
def test_odd_facts_are_left_out(change, expected):
    names = ("id", "name", "url", "size", "type", "voice")
    (usual,) = attachments({"attachments": [PICTURE]})
    (found,) = attachments({"attachments": [{**PICTURE, **change}]})

    assert {name: getattr(usual, name) for name in names} | expected == {
        name: getattr(found, name) for name in names
    }


@pytest.mark.parametrize("id", [None, 5, "", "x", "1\n", "1" * 21, ["1"]])
def test_a_file_needs_an_id(id):
    assert () == attachments({"attachments": [{**PICTURE, "id": id}]})


def test_no_message_has_too_many_files():
    """A thousand are cut to what is noticed at all, forwarded ones included."""
    many = [{**PICTURE, "id": str(number)} for number in range(1000)]

    assert MOST_FILES == len(attachments({"attachments": many}))
    assert MOST_FILES == len(attachments({"message_snapshots": [{"message": {"attachments": many}}] * 99}))


def asked(content: str, **more: Any) -> dict[str, Any]:
    author = {"id": ANN, "username": "ann", "global_name": "Ann"}
    told = {"id": "1574000000000000009", "channel_id": "5", "author": author, "type": 0}
    return {**told, "content": content, **more}


MENTION = {"guild_id": GUILD, "mentions": [{"id": ME}]}


@pytest.mark.parametrize(
    ("content", "more", "found"),
    [
        ("what is it?", {"attachments": [PICTURE]}, ("ask", "what is it?", "us", [False])),
        ("", {"attachments": [PICTURE]}, ("ask", "", "us", [False])),
        (f"<@{ME}>", {"attachments": [PICTURE], **MENTION}, ("ask", "", "us", [False])),
        ("", {"attachments": [PICTURE], "flags": 8192}, ("ask", "", "us", [True])),
        ("reset", {"attachments": [PICTURE]}, ("reset", "reset", "us", [False])),
        *(
            ("", odd, ("unreadable", "", "us", []))
            for odd in ({"sticker_items": [{"id": "1"}]}, {"attachments": [None]}, {})
        ),
    ],
    ids=str,
)
def test_what_is_read_of_a_message_with_files(content, more, found):
    """A voice message is told by a flag of the message, too."""
    said = read(asked(content, **more), ME, None)

    assert said is not None
    assert found == (said.kind, said.text, said.to, [file.voice for file in said.files])


def test_what_was_passed_on_brings_its_files_along():
    passed_on = {
        "message": {"content": "their words", "attachments": [{**PICTURE, "id": "2"}], "flags": 8192}
    }
    said = read(asked("", attachments=[PICTURE], message_snapshots=[passed_on]), ME, None)

    assert said is not None
    assert ("their words", [("370000000000000001", False), ("2", True)]) == (
        said.quotes[0].text,
        [(file.id, file.voice) for file in said.files],
    )


FILE = st.fixed_dictionaries(
    {}, optional={name: NONSENSE | st.just(value) for name, value in {**PICTURE, "waveform": "AA"}.items()}
)
MANY = NONSENSE | st.lists(FILE | NONSENSE, max_size=4)


@given(MANY, MANY, NONSENSE)
def test_no_payload_breaks_it(files, forwarded, flags):
    passed_on: list[Any] = [{"message": {"attachments": forwarded}}, {"message": forwarded}, forwarded]
    for snapshots in (passed_on, forwarded):
        payload = asked("x", attachments=files, message_snapshots=snapshots, flags=flags)
        said = read(payload, ME, None)
        assert said is not None
        for file in said.files:
            assert "".join((file.id, file.name, file.url, file.type)).encode()
            assert -1 <= file.size < 2**63
            assert 0 < len(file.name) <= 120
