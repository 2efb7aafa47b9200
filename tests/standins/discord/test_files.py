"""Attachments of the Discord stand-in: what people send, what the bot uploads, and the host of both."""

from __future__ import annotations

import io

import aiohttp
import discord
import pytest

from standins.discord import DiscordStandin, Rules, Upload
from tests.standins.discord.clients import CHANNEL, MESSAGES, PERSON, Bot, form, running, why

PICTURE = b"\x89PNG\r\n\x1a\n picture"
CDN = "/attachments/{channel}/{file}/{name}"
A, B, C = ((f"{name}.txt", name.encode()) for name in "abc")


async def get(url):
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status, await answer.read()


def file(name, content):
    return discord.File(io.BytesIO(content), name)


def names(d):
    return [attachment.filename for attachment in d.posts(CHANNEL)[0].attachments]


async def test_a_person_sends_a_picture(d, room, bot):
    """In a DM and with a mention the SDK sees and reads it; among others it sees nothing of it."""
    await d.say(PERSON, CHANNEL, "look", attachments=[Upload("my cat.png", PICTURE)])
    await d.say(PERSON, room, "look", mention_bot=True, attachments=[("cat.png", PICTURE)])
    await d.say(PERSON, room, "look", attachments=[("cat.png", PICTURE)])
    seen = await d.until(lambda: bot.seen if len(bot.seen) == 3 else None)
    assert [len(message.attachments) for message in seen] == [1, 1, 0]
    (picture,) = seen[0].attachments
    assert (picture.filename, picture.size) == ("my_cat.png", len(PICTURE))
    assert (picture.content_type, await picture.read()) == ("image/png", PICTURE)


@pytest.mark.parametrize(
    ("name", "kept", "title"),
    [
        ("my cat.png", "my_cat.png", "my cat"),
        ("보고서.pdf", "pdf", "보고서"),
        ("plain-1.txt", "plain-1.txt", None),
        ("../a/b.txt", "b.txt", None),
    ],
)
async def test_a_name_is_fit_for_an_address(d, socket, name, kept, title):
    """Other characters are left out of the file name; what it was called stands in the title."""
    await socket.identify()
    await d.say(PERSON, CHANNEL, "", attachments=[Upload(name, b"x" * 100, size=1)])
    (told,) = (await socket.event("MESSAGE_CREATE"))["d"]["attachments"]
    assert (told["filename"], told.get("title")) == (kept, title)
    assert (told["size"], await get(told["url"])) == (1, (200, b"x" * 100))  # an announced size can lie


async def test_a_voice_message_says_that_it_is_one(d, bot):
    await d.say(PERSON, CHANNEL, "", attachments=[Upload("voice-message.ogg", b"Ogg", voice=True)])
    (message,) = await d.until(lambda: bot.seen)
    (voice,) = message.attachments
    assert (message.flags.voice, voice.is_voice_message()) == (True, True)
    assert (voice.content_type, voice.duration, message.content) == ("audio/ogg", 1.5, "")


async def test_an_address_is_signed_and_expires(d, api):
    """A changed, an old and an expired one are the same 404; the message read anew has a good one."""
    said = await d.say(PERSON, CHANNEL, "look", attachments=[("cat.png", PICTURE)])

    async def url():
        return (await api.ask("GET", f"{MESSAGES}/{said}"))[1]["attachments"][0]["url"]

    old, gone = await url(), (404, b"This content is no longer available.")
    assert await get(old) == (200, PICTURE)
    for bad in (old.split("?")[0], old.replace("hm=", "hm=0")):
        assert await get(bad) == gone
    d.expire_attachments()
    assert [await get(old), await get(await url())] == [gone, (200, PICTURE)]
    async with DiscordStandin(rules=Rules(attachment_lifetime=0)) as hasty:
        hasty.add_dm(CHANNEL, PERSON)
        await hasty.say(PERSON, CHANNEL, "look", attachments=[("cat.png", PICTURE)])
        assert await get(hasty.messages(CHANNEL)[0].attachments[0].url) == gone
    assert [fetch.status for fetch in d.fetches] == [200, 404, 404, 404, 200]


async def test_a_download_can_fail(d):
    await d.say(PERSON, CHANNEL, "look", attachments=[("cat.png", PICTURE)])
    (attachment,) = d.messages(CHANNEL)[0].attachments
    d.fail("GET", CDN, status=503)
    assert (await get(attachment.url))[0] == 503
    d.fail("GET", CDN, when="after", drop=True)
    with pytest.raises(aiohttp.ClientPayloadError):
        await get(attachment.url)
    d.fail("GET", CDN, drop=True, times=2)  # the client asks again by itself
    with pytest.raises(aiohttp.ClientError):
        await get(attachment.url)
    d.delay("GET", CDN, 0.001)
    assert (await get(attachment.url))[0] == 200


async def test_the_sdk_posts_and_edits_files(d, bot):
    """A reply with files and a nonce, then an edit that keeps one and adds one."""
    await d.say(PERSON, CHANNEL, "draw")
    (asked,) = await d.until(lambda: bot.seen)
    files = [discord.File(io.BytesIO(PICTURE), "cat.png", description="A cat"), file(*B)]
    sent = await asked.reply("here", files=files, nonce="run-1-f")
    (post,) = d.posts(CHANNEL)
    assert [(a.filename, a.content) for a in post.attachments] == [("cat.png", PICTURE), B]
    assert (post.attachments[0].description, post.nonce) == ("A cat", "run-1-f")
    assert await get(post.attachments[0].url) == (200, PICTURE)
    await sent.edit(attachments=[sent.attachments[1], file(*C)])
    assert names(d) == ["b.txt", "c.txt"]


async def test_a_file_alone_is_a_message(api):
    status, message = await api.upload({}, A)
    assert (status, message["content"], message["attachments"][0]["size"]) == (200, "", 1)
    assert (await api.upload({}, *[A] * 10))[0] == 200


async def test_an_edit_says_which_files_stay(d, api):
    """Without `attachments` all stay, with it those that it names, and new ones come behind."""
    _, message = await api.upload({"content": "x"}, A, B)
    first = message["attachments"][0]["id"]
    await api.patch(message["id"], content="y")
    assert names(d) == ["a.txt", "b.txt"]
    await api.ask("PATCH", f"{MESSAGES}/{message['id']}", data=form({}, C))
    assert names(d) == ["a.txt", "b.txt", "c.txt"]
    await api.patch(message["id"], attachments=[{"id": first, "description": "A"}])
    assert (names(d), d.posts(CHANNEL)[0].attachments[0].description) == (["a.txt"], "A")
    unknown = await api.patch(message["id"], attachments=[{"id": "5"}])
    assert why(unknown) == "400 50035 attachments ATTACHMENT_NOT_FOUND"
    await api.patch(message["id"], attachments=[])
    assert names(d) == []


async def test_an_upload_is_made_once_though_its_answer_was_lost(d, api):
    body = {"nonce": "n", "enforce_nonce": True}
    d.fail("POST", "/channels/{channel}/messages", when="after", drop=True)
    with pytest.raises(aiohttp.ClientError):
        await api.upload(body, A)
    assert ((await api.upload(body, A))[0], len(d.posts(CHANNEL)), names(d)) == (200, 1, ["a.txt"])


async def test_an_interaction_is_answered_with_a_file(d, monkeypatch):
    bot = Bot()

    @bot.tree.command(name="draw", description="Draw")
    async def draw(interaction: discord.Interaction[Bot]) -> None:
        await interaction.response.send_message("one", file=file(*A))
        await interaction.followup.send("two", file=file(*B))
        await interaction.edit_original_response(attachments=[file(*C)])

    async with running(d, bot, monkeypatch):
        await d.slash(PERSON, CHANNEL, "draw")
        await d.until(lambda: any(call.method == "PATCH" for call in d.calls))
    assert [[a.filename for a in p.attachments] for p in d.posts(CHANNEL)] == [["c.txt"], ["b.txt"]]
