"""Files at Slack's messages: what is announced, and fetching it with the bot's token, over real sockets."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.web.async_client import AsyncWebClient

from bots.slack.files import MOST_FILES, SlackFiles, attachment_of, attachments
from bots.slack.reading.events import Us, read
from core.errors import FileRefused, Retryable
from core.files.detect import judge
from core.types import Attachment
from standins.slack import SlackStandin, Upload
from tests import samples
from tests.slack.nonsense import NONSENSE
from tests.spy import spying

ME = "U0BOT00001"
US = Us(ME, "T0TEAM0001")
HOSTED: dict[str, Any] = {
    "id": "F08ABCDEF",
    "name": "cat.png",
    "title": "cat",
    "mimetype": "image/png",
    "size": 4096,
    "mode": "hosted",
    "is_external": False,
    "url_private": "https://files.slack.com/files-pri/T0TEAM0001-F08ABCDEF/cat.png",
    "url_private_download": "https://files.slack.com/files-pri/T0TEAM0001-F08ABCDEF/download/cat.png",
}


@pytest.fixture
async def files(slack: SlackStandin) -> AsyncIterator[SlackFiles]:
    async with aiohttp.ClientSession() as session:
        yield fetching(slack, session)


def fetching(slack: SlackStandin, session: aiohttp.ClientSession) -> SlackFiles:
    client = AsyncWebClient(slack.bot_token, base_url=slack.api_url, session=session, retry_handlers=[])
    return SlackFiles(client, session, token=slack.bot_token, api_url=slack.api_url)


async def sent(slack: SlackStandin, *uploads: Upload) -> tuple[Attachment, ...]:
    await slack.say("U1", "C1", "look", files=uploads)
    newest = list(slack.workspace.files.values())[-len(uploads) :]
    return attachments({"files": [file.shown() for file in newest]})


async def test_what_people_send_is_fetched(slack, files):
    (picture,) = await sent(slack, Upload("cat.png", samples.png()))

    assert samples.png() == await files.fetch(picture, 1000)
    assert [True] == [fetch.authorized for fetch in slack.fetches]


async def test_a_file_of_the_size_of_the_limit_is_fetched(slack, files):
    (file,) = await sent(slack, Upload("a.txt", b"x" * 100))
    assert 100 == len(await files.fetch(file, 100))
    with pytest.raises(FileRefused, match="file_too_large"):
        await files.fetch(file, 99)

    assert 1 == len(slack.fetches)


async def test_a_file_of_another_organisation_is_asked_for(slack, files):
    """It comes as a stub; `files.info` tells where it is."""
    (stub,) = await sent(slack, Upload("cat.png", b"cat", mode="file_access"))
    assert "" == stub.url

    assert b"cat" == await files.fetch(stub, 10)
    assert ["files.info"] == [call.method for call in slack.calls if call.method.startswith("files.")]


async def test_what_a_stub_turns_out_to_be_has_the_same_limits(slack, files):
    (stub,) = await sent(slack, Upload("cat.png", b"cat", mode="file_access", size=50))

    with pytest.raises(FileRefused, match="file_too_large"):
        await files.fetch(stub, 10)
    assert [] == slack.fetches


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ("file_not_found", "file_deleted"),
        ("file_deleted", "file_deleted"),
        ("missing_scope", "file_forbidden"),
        ("access_denied", "file_unavailable"),
        ("unknown_error", "file_unavailable"),
    ],
)
async def test_a_stub_nobody_tells_about(slack, files, error, reason):
    (stub,) = await sent(slack, Upload("cat.png", b"cat", mode="file_access"))
    slack.fail("files.info", error=error)

    with pytest.raises(FileRefused, match=reason):
        await files.fetch(stub, 10)


async def test_a_busy_slack_is_asked_again(slack, files):
    (stub,) = await sent(slack, Upload("cat.png", b"cat", mode="file_access"))
    slack.fail("files.info", error="ratelimited", retry_after=3)
    with pytest.raises(Retryable) as error:
        await files.fetch(stub, 10)

    assert (3.0, b"cat") == (error.value.retry_after, await files.fetch(stub, 10))


async def test_a_file_elsewhere_is_not_fetched(slack, files):
    """The token would go to strangers."""
    async with spying() as spy:
        (link,) = await sent(slack, Upload("plan", mode="external", url=f"{spy.url}/document"))
        with pytest.raises(FileRefused, match="file_external"):
            await files.fetch(link, 1000)

    assert ([], []) == (spy.heard, slack.fetches)


async def test_a_file_that_only_claims_to_be_at_slack_is_not_fetched(slack, files):
    """Whatever a payload says, the host decides."""
    async with spying() as spy:
        with pytest.raises(FileRefused, match="file_external"):
            await files.fetch(Attachment("F1", "x", f"{spy.url}/files-pri/x"), 1000)

    assert [] == spy.heard


async def test_an_external_file_with_an_address_at_slack_is_not_fetched(slack, files):
    told = {**HOSTED, "is_external": True, "url_private": f"{slack.base_url}/files-pri/T-F/x"}
    file = attachment_of(told)
    assert file is not None

    with pytest.raises(FileRefused, match="file_external"):
        await files.fetch(file, 10_000)
    assert [] == slack.fetches


async def test_a_redirect_is_not_followed(slack, files):
    (file,) = await sent(slack, Upload("cat.png", b"cat"))
    async with spying() as spy:
        slack.redirect_files(f"{spy.url}/catch")
        with pytest.raises(FileRefused, match="file_unavailable"):
            await files.fetch(file, 10)

    assert [] == spy.heard


@pytest.mark.parametrize("how", ["page", "redirect"])
async def test_a_missing_scope_is_told_to_the_operator(slack, files, caplog, how):
    """Slack gives a page to sign in, or sends there; neither is the file."""
    (file,) = await sent(slack, Upload("cat.png", b"cat"))
    if how == "page":
        slack.scopes.discard("files:read")
    else:
        slack.redirect_files("https://acme.slack.com/?redir=x")
    with caplog.at_level(logging.ERROR), pytest.raises(FileRefused, match="file_forbidden"):
        await files.fetch(file, 10_000)

    assert "files:read" in caplog.text


async def test_the_page_to_sign_in_is_no_html_file_of_somebody(slack, files):
    """Where HTML was sent, its size tells."""
    (file,) = await sent(slack, Upload("page.html", b"<p>hello</p>"))
    assert b"<p>hello</p>" == await files.fetch(file, 10_000)
    slack.scopes.discard("files:read")
    with pytest.raises(FileRefused, match="file_forbidden"):
        await files.fetch(file, 10_000)


async def test_a_deleted_file_is_told(slack, files):
    (file,) = await sent(slack, Upload("cat.png", b"cat"))
    (kept,) = slack.workspace.files.values()
    kept.deleted = True
    (tombstone,) = attachments({"files": [kept.shown()]})

    for one in (file, tombstone):
        with pytest.raises(FileRefused, match="file_deleted"):
            await files.fetch(one, 10)
    assert 1 == len(slack.fetches)


async def test_a_voice_clip_is_sound(slack, files):
    """It claims to be a video; that it was recorded in the chat is known."""
    (clip,) = await sent(slack, Upload("audio_message.m4a", samples.mp4(b"soun"), voice=True))

    content = await files.fetch(clip, 10_000)

    assert ("video/mp4", True) == (clip.type, clip.voice)
    assert "audio" == judge(content, clip.name, voice=clip.voice).kind


def test_a_file_is_told_with_all_we_need():
    told = Attachment("F08ABCDEF", "cat.png", HOSTED["url_private_download"], 4096, "image/png")

    assert told == attachment_of(HOSTED)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"url_private_download": None}, {"url": HOSTED["url_private"]}),
        ({"url_private_download": 5, "url_private": "x y"}, {"url": ""}),
        ({"url_private_download": "https://x/" + "x" * 3000, "url_private": ["x"]}, {"url": ""}),
        *((odd, {"url": ""}) for odd in ({"mode": "file_access"}, {"file_access": "check_file_info"})),
        *((odd, {"url": "external:"}) for odd in ({"mode": "external"}, {"is_external": True})),
        ({"mode": "tombstone"}, {"url": "tombstone:"}),
        *(({"size": size}, {"size": -1}) for size in ("4096", -5, True, 1e3, 2**60)),
        *(({"mimetype": kind}, {"type": ""}) for kind in ({"a": 1}, "image/png\x00")),
        *(({"name": None}, {"name": "cat"}), ({"name": None, "title": None}, {"name": "file"})),
        *(({"name": ["x"]}, {"name": "file"}), ({"name": "../a\x00\u202eb\n.txt"}, {"name": "ab.txt"})),
        *(({"name": "x" * 10_000}, {"name": "x" * 120}), ({"subtype": "slack_audio"}, {"voice": True})),
        *(
            (odd, {})
            for odd in ({"mode": ["external"]}, {"is_external": "yes"}, {"subtype": ["slack_audio"]})
        ),
        ({"file_access": ["check_file_info"]}, {}),
    ],
)
def test_odd_facts_are_left_out(change, expected):
    usual = attachment_of(HOSTED)
    found = attachment_of({**HOSTED, **change})
    assert usual is not None
    assert found is not None
    names = ("id", "name", "url", "size", "type", "voice")

    assert {name: getattr(usual, name) for name in names} | expected == {
        name: getattr(found, name) for name in names
    }


@pytest.mark.parametrize("id", [None, 5, "", "f1", "F1\n", "F1/../x", "x" * 99, ["F1"]])
def test_a_file_needs_an_id(id):
    assert attachment_of({**HOSTED, "id": id}) is None


def test_no_message_has_too_many_files():
    assert MOST_FILES == len(attachments({"files": [{**HOSTED, "id": f"F{n}"} for n in range(1000)]}))


def asked(text: str, files: object, **more: Any) -> dict[str, Any]:
    """A message event in a direct conversation, with the subtype Slack gives it."""
    event = {"type": "message", "subtype": "file_share", "user": "U1", "ts": "1763800000.000100"}
    return {**event, "channel": "D1", "channel_type": "im", "text": text, "files": files, **more}


ODD: tuple[Any, ...] = ([None], [{}], "x", {"a": 1}, 5, [{"id": None}])
FOLLOW_UP = {"channel": "C1", "channel_type": "channel", "thread_ts": "1763700000.000100"}


@pytest.mark.parametrize(
    ("text", "files", "more", "found"),
    [
        ("what is it?", [HOSTED, HOSTED], {}, ("ask", "what is it?", "us", 2)),
        ("", [HOSTED], {}, ("ask", "", "us", 1)),
        (f"<@{ME}>", [HOSTED], {"channel": "C1", "channel_type": "channel"}, ("ask", "", "us", 1)),
        ("", [HOSTED], FOLLOW_UP, ("ask", "", "perhaps", 1)),
        ("reset", [HOSTED], {}, ("reset", "reset", "us", 1)),
        *(("", odd, {}, ("unreadable", "", "us", 0)) for odd in ODD),
    ],
)
def test_what_is_read_of_a_message_with_files(text, files, more, found):
    said = read(asked(text, files, **more), US)

    assert said is not None
    assert found == (said.kind, said.text, said.to, len(said.files))


FILE = st.fixed_dictionaries(
    {},
    optional={
        name: NONSENSE | st.just(value) for name, value in {**HOSTED, "subtype": "slack_audio"}.items()
    },
)


@given(NONSENSE | st.lists(FILE | NONSENSE, max_size=5))
def test_no_payload_breaks_it(files):
    said = read(asked("x", files), US)

    assert said is not None
    for file in said.files:
        assert "".join((file.id, file.name, file.url, file.type)).encode()
        assert -1 <= file.size < 2**63
        assert 0 < len(file.name) <= 120
