"""Attachments of the Discord stand-in: what people send, what the bot uploads, and the host of both."""

from __future__ import annotations

import io
import json
from typing import Any

import aiohttp
import discord
import pytest

from standins.discord import DiscordStandin, Rules, Upload
from tests.standins.discord_clients import CHANNEL, INTENTS, PERSON, Api, Bot, bare, gateway, running, why

PICTURE = b"\x89PNG\r\n\x1a\n picture"
CDN = "/attachments/{channel}/{file}/{name}"
MIB = 1024 * 1024


async def get(url: str) -> tuple[int, bytes]:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status, await answer.read()


def form(body: dict[str, Any], *files: tuple[str, bytes], field: str = "files[{}]") -> aiohttp.FormData:
    """A multipart body as clients send it."""
    parts = aiohttp.FormData()
    parts.add_field("payload_json", json.dumps(body), content_type="application/json")
    for number, (name, content) in enumerate(files):
        parts.add_field(field.format(number), io.BytesIO(content), filename=name)
    return parts


async def post(api: Api, body: dict[str, Any], *files: tuple[str, bytes], **more: Any) -> tuple[int, Any]:
    return await api.ask("POST", f"/channels/{CHANNEL}/messages", data=form(body, *files, **more))


async def patch(api: Api, message: str, body: dict[str, Any], *files: tuple[str, bytes]) -> tuple[int, Any]:
    return await api.ask("PATCH", f"/channels/{CHANNEL}/messages/{message}", data=form(body, *files))


def names(d: DiscordStandin) -> list[str]:
    return [attachment.filename for attachment in d.posts(CHANNEL)[0].attachments]


async def test_a_person_sends_a_picture(monkeypatch):
    """In a DM and with a mention the SDK sees and reads it; among others it sees nothing of it."""
    async with DiscordStandin() as d:
        room = d.add_channel(d.add_guild())
        async with running(d, Bot(), monkeypatch) as bot:
            await d.say(PERSON, d.dm(PERSON), "look", attachments=[Upload("my cat.png", PICTURE)])
            await d.say(PERSON, room, "look", mention_bot=True, attachments=[("cat.png", PICTURE)])
            await d.say(PERSON, room, "look", attachments=[("cat.png", PICTURE)])
            seen = await d.until(lambda: bot.seen if len(bot.seen) == 3 else None)
            assert seen is not None
            assert [len(message.attachments) for message in seen] == [1, 1, 0]
            (picture,) = seen[0].attachments
            assert (picture.filename, picture.size, picture.content_type) == (
                "my_cat.png",
                len(PICTURE),
                "image/png",
            )
            assert await picture.read() == PICTURE


@pytest.mark.parametrize(
    ("name", "kept", "title"),
    [
        ("my cat.png", "my_cat.png", "my cat"),
        ("보고서.pdf", "pdf", "보고서"),
        ("plain-1.txt", "plain-1.txt", None),
        ("../a/b.txt", "b.txt", None),
    ],
)
async def test_a_name_is_fit_for_an_address(name, kept, title):
    """Other characters are left out of the file name; what it was called stands in the title."""
    async with DiscordStandin() as d, gateway(d) as socket:
        await socket.identify(INTENTS)
        await d.say(PERSON, d.dm(PERSON), "", attachments=[(name, b"x")])
        (told,) = (await socket.event("MESSAGE_CREATE"))["d"]["attachments"]
        assert (told["filename"], told.get("title"), (await get(told["url"]))[0]) == (kept, title, 200)


async def test_a_voice_message_says_that_it_is_one(monkeypatch):
    """Flag, duration and waveform are there, and no text."""
    async with DiscordStandin() as d, running(d, Bot(), monkeypatch) as bot:
        await d.say(PERSON, d.dm(PERSON), "", attachments=[Upload("voice-message.ogg", b"Ogg", voice=True)])
        (message,) = await d.until(lambda: bot.seen)
        (voice,) = message.attachments
        assert (message.flags.voice, voice.is_voice_message()) == (True, True)
        assert (voice.content_type, voice.duration, message.content) == ("audio/ogg", 1.5, "")


async def test_an_address_is_signed_and_expires():
    """A changed, an old and an expired one are the same 404; the message read anew has a good one."""
    async with DiscordStandin() as d, bare(d) as api:
        d.add_dm(CHANNEL, PERSON)
        said = await d.say(PERSON, CHANNEL, "look", attachments=[("cat.png", PICTURE)])
        path = f"/channels/{CHANNEL}/messages/{said}"
        url = (await api.ask("GET", path))[1]["attachments"][0]["url"]
        assert await get(url) == (200, PICTURE)
        gone = (404, b"This content is no longer available.")
        assert await get(url.split("?")[0]) == gone
        assert await get(url.replace("hm=", "hm=0")) == gone
        d.expire_attachments()
        assert await get(url) == gone
        assert await get((await api.ask("GET", path))[1]["attachments"][0]["url"]) == (200, PICTURE)
        assert [fetch.status for fetch in d.fetches] == [200, 404, 404, 404, 200]


async def test_an_address_has_a_lifetime():
    """After it the address is worth nothing."""
    async with DiscordStandin(rules=Rules(attachment_lifetime=0)) as d:
        await d.say(PERSON, d.dm(PERSON), "look", attachments=[("cat.png", PICTURE)])
        (message,) = d.messages(d.dm(PERSON))
        assert (await get(message.attachments[0].url))[0] == 404


async def test_an_announced_size_can_lie():
    """What is announced and what is served are two things."""
    async with DiscordStandin() as d, gateway(d) as socket:
        await socket.identify(INTENTS)
        await d.say(PERSON, d.dm(PERSON), "", attachments=[Upload("big.bin", b"x" * 100, size=1)])
        (told,) = (await socket.event("MESSAGE_CREATE"))["d"]["attachments"]
        assert (told["size"], len((await get(told["url"]))[1])) == (1, 100)


async def test_a_download_can_fail():
    """With a status before a byte, or cut in the middle."""
    async with DiscordStandin() as d:
        await d.say(PERSON, d.dm(PERSON), "look", attachments=[("cat.png", PICTURE)])
        (message,) = d.messages(d.dm(PERSON))
        d.fail("GET", CDN, status=503)
        assert (await get(message.attachments[0].url))[0] == 503
        d.fail("GET", CDN, when="after", drop=True)
        with pytest.raises(aiohttp.ClientPayloadError):
            await get(message.attachments[0].url)
        assert (await get(message.attachments[0].url))[0] == 200


async def test_the_sdk_posts_and_edits_files(monkeypatch):
    """A reply with files and a nonce, then an edit that keeps one and adds one."""
    async with DiscordStandin() as d, running(d, Bot(), monkeypatch) as bot:
        d.add_dm(CHANNEL, PERSON)
        await d.say(PERSON, CHANNEL, "draw")
        (asked,) = await d.until(lambda: bot.seen)
        files = [discord.File(io.BytesIO(PICTURE), "cat.png", description="A cat"), file("b.txt", b"b")]
        sent = await asked.reply("here", files=files, nonce="run-1-f")
        (post,) = d.posts(CHANNEL)
        assert [(a.filename, a.content) for a in post.attachments] == [("cat.png", PICTURE), ("b.txt", b"b")]
        assert (post.attachments[0].description, post.nonce) == ("A cat", "run-1-f")
        assert await get(post.attachments[0].url) == (200, PICTURE)
        await sent.edit(attachments=[sent.attachments[1], file("c.txt", b"c")])
        assert names(d) == ["b.txt", "c.txt"]


def file(name: str, content: bytes) -> discord.File:
    return discord.File(io.BytesIO(content), name)


async def test_a_file_alone_is_a_message():
    """Without content it is accepted; a part of a form needs no entry in `attachments`."""
    async with DiscordStandin() as d, bare(d) as api:
        d.add_dm(CHANNEL, PERSON)
        status, message = await post(api, {}, ("a.txt", b"a"))
        assert (status, message["content"], message["attachments"][0]["filename"]) == (200, "", "a.txt")


async def test_a_nonce_is_enforced_with_files_too():
    """The second form with the same nonce posts nothing and stores nothing."""
    async with DiscordStandin() as d, bare(d) as api:
        d.add_dm(CHANNEL, PERSON)
        body = {"content": "x", "nonce": "n", "enforce_nonce": True}
        first, second = [await post(api, body, ("a.txt", b"a")) for _ in range(2)]
        assert first[1]["id"] == second[1]["id"]
        assert len(d.posts(CHANNEL)) == 1


@pytest.mark.parametrize(
    ("attachments", "field"),
    [
        ([{"id": 1}], "files[{}]"),
        ([{"filename": "a.txt"}], "files[{}]"),
        ([{"id": "x"}], "files[{}]"),
        ([{"id": 0}, {"id": 0}], "files[{}]"),
        ([{"id": 0, "description": "x" * 1025}], "files[{}]"),
        ([{"id": 0}], "upload{}"),
    ],
)
async def test_malformed_attachments_are_refused(attachments, field):
    """Every entry names one part of the form, once; parts are called files[n]."""
    async with DiscordStandin() as d, bare(d) as api:
        d.add_dm(CHANNEL, PERSON)
        body = {"content": "x", "attachments": attachments}
        status, answer = await post(api, body, ("a.txt", b"a"), field=field)
        assert (status, answer["code"], d.posts(CHANNEL)) == (400, 50035, [])


async def test_ten_files_are_the_most():
    """The eleventh is too much."""
    async with DiscordStandin() as d, bare(d) as api:
        d.add_dm(CHANNEL, PERSON)
        files = [(f"{n}.txt", b"x") for n in range(11)]
        assert (await post(api, {}, *files[:10]))[0] == 200
        assert why(await post(api, {}, *files), "files")[:2] == (400, 50035)


@pytest.mark.parametrize("sizes", [(10 * MIB + 1,), (26 * MIB,), (9 * MIB,) * 3])
async def test_too_much_is_refused(sizes):
    """A file beyond 10 MiB, and a request beyond 25 MiB: 413 with 40005."""
    async with DiscordStandin() as d, bare(d) as api:
        d.add_dm(CHANNEL, PERSON)
        files = [(f"{n}.bin", b"x" * size) for n, size in enumerate(sizes)]
        status, answer = await post(api, {"content": "x"}, *files)
        assert (status, answer["code"], d.posts(CHANNEL)) == (413, 40005, [])


async def test_an_edit_says_which_files_stay():
    """Without `attachments` all stay, with it those that it names, and new ones come behind."""
    async with DiscordStandin() as d, bare(d) as api:
        d.add_dm(CHANNEL, PERSON)
        _, message = await post(api, {"content": "x"}, ("a.txt", b"a"), ("b.txt", b"b"))
        first, _ = [attachment["id"] for attachment in message["attachments"]]
        await patch(api, message["id"], {"content": "y"})
        assert names(d) == ["a.txt", "b.txt"]
        await patch(api, message["id"], {}, ("c.txt", b"c"))
        assert names(d) == ["a.txt", "b.txt", "c.txt"]
        await patch(api, message["id"], {"attachments": [{"id": first, "description": "A"}]})
        assert (names(d), d.posts(CHANNEL)[0].attachments[0].description) == (["a.txt"], "A")
        unknown = await patch(api, message["id"], {"attachments": [{"id": "5"}]})
        assert why(unknown, "attachments") == (400, 50035, "ATTACHMENT_NOT_FOUND")
        await patch(api, message["id"], {"attachments": []})
        assert names(d) == []


async def test_an_answer_lost_after_an_upload():
    """The bot is told nothing and the file is there, once, also after it asked again."""
    async with DiscordStandin() as d, bare(d) as api:
        d.add_dm(CHANNEL, PERSON)
        body = {"nonce": "n", "enforce_nonce": True}
        d.fail("POST", "/channels/{channel}/messages", when="after", drop=True)
        with pytest.raises(aiohttp.ClientError):
            await post(api, body, ("a.txt", b"a"))
        assert (await post(api, body, ("a.txt", b"a")))[0] == 200
        assert names(d) == ["a.txt"]


async def test_an_interaction_is_answered_with_a_file(monkeypatch):
    """Callback, follow-up and edit take files as messages do."""
    bot = Bot()

    @bot.tree.command(name="draw", description="Draw")
    async def draw(interaction: discord.Interaction[Bot]) -> None:
        await interaction.response.send_message("one", file=file("a.txt", b"a"))
        await interaction.followup.send("two", file=file("b.txt", b"b"))
        await interaction.edit_original_response(attachments=[file("c.txt", b"c")])

    async with DiscordStandin() as d, running(d, bot, monkeypatch):
        await d.slash(PERSON, d.dm(PERSON), "draw")
        await d.until(lambda: any(call.method == "PATCH" for call in d.calls))
        posts = d.posts(d.dm(PERSON))
        assert [[a.filename for a in p.attachments] for p in posts] == [["c.txt"], ["b.txt"]]
