"""Files of the Slack stand-in: what people attach, and what the app uploads."""

from __future__ import annotations

import io
from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from standins.slack import SlackStandin, Upload
from tests.standins.slack.clients import Json, Phone, phone, refusal, told

PICTURE = b"\x89PNG\r\n\x1a\n picture"


async def get(url: str, token: str = "", **options: Any) -> tuple[int, str, bytes]:
    """(status, content type, body) of a private URL."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with (
        aiohttp.ClientSession() as session,
        session.get(url, headers=headers, allow_redirects=False, **options) as answer,
    ):
        return answer.status, answer.content_type, await answer.read()


async def send(url: str, data: Any) -> int:
    async with aiohttp.ClientSession() as session, session.post(url, data=data) as answer:
        return answer.status


async def attached(slack: SlackStandin, line: Phone, *files: Upload) -> list[Json]:
    """The files of a person's direct message, as the app is told of them."""
    await slack.say("U1", "D1", "look", files=files)
    (payload,) = await told(slack, line, 1)
    listed: list[Json] = payload["event"]["files"]
    return listed


async def begun(client: AsyncWebClient, name: str, content: bytes) -> str:
    """A file whose bytes are uploaded, not yet completed; its id."""
    answer = await client.files_getUploadURLExternal(filename=name, length=len(content))
    assert await send(answer["upload_url"], content) == 200
    return str(answer["file_id"])


@pytest.mark.parametrize(("channel", "text", "count"), [("D1", "look", 1), ("C1", "<@U0BOT00001> look", 2)])
async def test_a_message_with_a_file_is_a_file_share(slack, channel, text, count):
    """Direct message, channel and mention carry the same file; a mention has no subtype."""
    async with phone(slack) as line:
        root = await slack.say("U1", channel, text, files=[("cat.png", PICTURE)], order="message")
        events = [payload["event"] for payload in await told(slack, line, count)]
        await slack.say("U1", channel, "", root, files=[{"id": "F1", "mimetype": "image/png"}])
        (reply,) = await told(slack, line, 1)
    assert [event.get("subtype") for event in events] == ["file_share", None][:count]
    assert (reply["event"]["thread_ts"], reply["event"]["subtype"]) == (root, "file_share")
    assert ("blocks" in reply["event"], reply["event"]["files"][0]["id"]) == (False, "F1")
    for event in events:
        (file,) = event["files"]
        assert (file["name"], file["mimetype"], file["filetype"]) == ("cat.png", "image/png", "png")
        assert (file["size"], file["mode"], file["is_external"]) == (len(PICTURE), "hosted", False)


async def test_bytes_are_for_the_token_only(slack):
    """With the bot's token and its scope the bytes; else a page to sign in, with 200, too. Or a redirect."""
    async with phone(slack) as line:
        (file,) = await attached(slack, line, Upload("cat.png", PICTURE))
    url, own = file["url_private"], slack.bot_token
    for good in (url, file["url_private_download"]):
        assert await get(good, own) == (200, "image/png", PICTURE)
    for token in ("", "xoxb-other", slack.app_token):
        status, kind, body = await get(url, token)
        assert (status, kind, PICTURE in body) == (200, "text/html", False)
    slack.scopes.discard("files:read")
    assert (await get(url, own))[1] == "text/html"
    slack.scopes.add("files:read")
    slack.redirect_files("http://127.0.0.1:1/elsewhere")
    assert (await get(url, own))[0] == 302
    slack.redirect_files("")
    assert (await get(url, own))[2] == PICTURE
    slack.revoke("bot")
    assert (await get(url, own))[1] == "text/html"
    assert [fetch.authorized for fetch in slack.fetches] == [True] * 2 + [False] * 4 + [True] * 2 + [False]


async def test_a_download_can_fail(slack):
    async with phone(slack) as line:
        (file,) = await attached(slack, line, Upload("cat.png", PICTURE))
    slack.fail("download", status=503)
    assert (await get(file["url_private"], slack.bot_token))[0] == 503
    slack.fail("download", when="after", drop=True)
    with pytest.raises(aiohttp.ClientPayloadError):
        await get(file["url_private"], slack.bot_token)
    assert (await get(file["url_private"], slack.bot_token))[2] == PICTURE


@pytest.mark.parametrize(
    ("upload", "told"),
    [
        (
            Upload("audio_message.m4a", b"audio", voice=True),
            {"subtype": "slack_audio", "mimetype": "video/mp4", "filetype": "m4a"},
        ),
        (
            Upload("cat.png", mode="external", url="https://drive.example/cat.png"),
            {"mode": "external", "is_external": True, "url_private": "https://drive.example/cat.png"},
        ),
        (Upload("big.bin", b"x" * 100, size=1), {"size": 1}),
    ],
)
async def test_what_is_announced_of_a_file(slack, upload, told):
    """A voice clip calls itself a video, an external file is not Slack's, and a size can lie."""
    async with phone(slack) as line:
        (file,) = await attached(slack, line, upload)
    assert file.items() >= told.items()
    if not file["is_external"]:
        assert (await get(file["url_private"], slack.bot_token))[2] == upload.content


async def test_a_file_of_another_organisation_is_a_stub(slack, client):
    """files.info tells what the message does not."""
    async with phone(slack) as line:
        (stub,) = await attached(slack, line, Upload("cat.png", PICTURE, mode="file_access"))
    assert stub.keys() == {"id", "mode", "file_access"}
    assert (stub["mode"], stub["file_access"]) == ("file_access", "check_file_info")
    file = (await client.files_info(file=stub["id"]))["file"]
    assert (await get(file["url_private"], slack.bot_token))[2] == PICTURE
    assert (file["mode"], list(file["shares"]["private"])) == ("hosted", ["D1"])


async def test_the_sdk_uploads_a_file_into_a_thread(slack, client):
    async with phone(slack) as line:
        root = await slack.say("U1", "C1", "draw")
        answer = await client.files_upload_v2(
            channel="C1", thread_ts=root, filename="cat.png", content=PICTURE, initial_comment="Here"
        )
        assert (answer["file"]["shares"], slack.posts("C1", root)) == ({}, [])
        await slack.until(lambda: slack.posts("C1", root))
        _, payload = await told(slack, line, 2)
    (post,) = slack.posts("C1", root)
    (file,) = post.files
    assert (post.text, file.name, file.content, file.type) == ("Here", "cat.png", PICTURE, "image/png")
    event = payload["event"]
    assert (event["subtype"], event["thread_ts"], event["user"]) == ("file_share", root, slack.bot_user)
    assert event["files"][0]["id"] == answer["file"]["id"]
    shares = (await client.files_info(file=file.id))["file"]["shares"]
    assert shares["public"]["C1"][0]["ts"] == post.ts
    assert (await get(event["files"][0]["url_private"], slack.bot_token))[2] == PICTURE


async def test_an_upload_url_takes_a_form_and_takes_it_once(slack, client):
    url = (await client.files_getUploadURLExternal(filename="a.txt", length=3))["upload_url"]
    form = aiohttp.FormData()
    form.add_field("filename", b"abc", filename="a.txt")
    assert (await send(url, b"four"), await send(url, form), await send(url, b"abc")) == (400, 200, 400)
    assert await send(f"{slack.base_url}/upload/v1/other", b"abc") == 400


@pytest.mark.parametrize("as_form", [False, True])
async def test_an_upload_may_be_large(client, as_form):
    length = 5 * 1024**2
    url = (await client.files_getUploadURLExternal(filename="a.bin", length=length))["upload_url"]
    content, form = io.BytesIO(b"x" * length), aiohttp.FormData()
    form.add_field("filename", content, filename="a.bin")
    assert await send(url, form if as_form else content) == 200


async def test_files_are_completed_once_and_only_with_their_bytes(slack, client):
    """Not before the upload, not a second time; until then nobody knows them. Two are one message."""
    file = (await client.files_getUploadURLExternal(filename="a.txt", length=1))["file_id"]
    assert await refusal(client.files_completeUploadExternal(files=[{"id": file}])) == "file_update_failed"
    assert await refusal(client.files_info(file=file)) == "file_not_found"
    files = [{"id": await begun(client, name, b"x"), "title": name} for name in ("a.txt", "b.txt")]
    answer = await client.files_completeUploadExternal(files=files, channel_id="C1")
    assert [file["title"] for file in answer["files"]] == ["a.txt", "b.txt"]
    assert await refusal(client.files_completeUploadExternal(files=files)) == "file_update_failed"
    await slack.until(lambda: slack.posts("C1"))
    assert [file.title for file in slack.posts("C1")[0].files] == ["a.txt", "b.txt"]


async def test_only_own_files_can_be_deleted(slack, client):
    """A deleted file is a tombstone in its message, and its bytes are gone."""
    async with phone(slack) as line:
        (theirs,) = await attached(slack, line, Upload("cat.png", PICTURE))
    assert await refusal(client.files_delete(file=theirs["id"])) == "cant_delete_file"
    own = await begun(client, "a.txt", b"abc")
    await client.files_completeUploadExternal(files=[{"id": own, "title": "A"}], channel_id="C1")
    await slack.until(lambda: slack.posts("C1"))
    url = slack.messages("C1")[0]["files"][0]["url_private"]
    await client.files_delete(file=own)
    assert slack.messages("C1")[0]["files"] == [{"id": own, "mode": "tombstone"}]
    assert (await get(url, slack.bot_token))[0] == 404
    assert await refusal(client.files_info(file=own)) == "file_deleted"
