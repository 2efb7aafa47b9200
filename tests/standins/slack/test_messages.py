"""Posting and reading in the Slack stand-in."""

from __future__ import annotations

from typing import Any

import pytest

from tests.standins.slack.clients import MARKER, Json, refusal, stream


async def test_a_long_text_is_cut(slack, client):
    answer = await client.chat_postMessage(channel="C1", text="x" * 40_001)
    assert (answer["warning"], len(slack.posts("C1")[0].text)) == ("message_truncated", 40_000)


async def test_an_update_counts_bytes(slack, client):
    """4,000 bytes of text, or markdown blocks; own messages only."""
    post: Json = {"channel": "C1", "ts": (await client.chat_postMessage(channel="C1", text="x"))["ts"]}
    assert await refusal(client.chat_update(**post, text="가" * 1334)) == "msg_too_long"
    body = [{"type": "markdown", "text": "가" * 12_000}]
    await client.chat_update(**post, text="short", blocks=body)
    assert slack.posts("C1")[0].text == "가" * 12_000


async def test_blocks_stay_when_only_text_comes(slack, client):
    """chat.update without blocks keeps those of the message; an empty list removes them."""
    body = [{"type": "markdown", "text": "shown"}]
    made = await client.chat_postMessage(channel="C1", text="short", blocks=body, metadata=MARKER)
    post: Json = {"channel": "C1", "ts": made["ts"]}
    await client.chat_update(**post, text="other")
    assert slack.post(**post).text == "shown"
    await client.chat_update(**post, text="other", blocks=[])
    assert (slack.post(**post).text, slack.post(**post).metadata) == ("other", MARKER)


async def test_pings_are_seen(slack, client):
    await client.chat_postMessage(channel="C1", text="<!channel> &lt;!here&gt; <@U1>", unfurl_links=False)
    (post,) = slack.posts("C1")
    assert (post.pings, post.unfurl_links, post.unfurl_media) == (("<!channel>", "<@U1>"), False, None)


async def test_replies_come_oldest_first_under_the_root(slack, client):
    """Every page begins with the root; the cursor leads through all replies once."""
    root = await slack.say("U1", "C1", "root")
    said = [await slack.say("U1", "C1", str(n), thread_ts=root) for n in range(5)]
    seen, cursor, pages = [], None, 0
    while cursor != "":
        page = await client.conversations_replies(channel="C1", ts=root, limit=3, cursor=cursor)
        messages = page["messages"]
        assert messages[0]["ts"] == root
        seen += [message["ts"] for message in messages[1:]]
        cursor = page["response_metadata"]["next_cursor"] if page["has_more"] else ""
        pages += 1
    assert (seen, pages) == (said, 3)


async def test_replies_after_a_ts(slack, client):
    """`oldest` excludes its own message unless inclusive; the root is there all the same."""
    root = await slack.say("U1", "C1", "root")
    said = [await slack.say("U1", "C1", str(n), thread_ts=root) for n in range(3)]

    async def after(**more: Any) -> list[str]:
        page = await client.conversations_replies(channel="C1", ts=root, oldest=said[1], **more)
        return [message["ts"] for message in page["messages"]]

    assert (await after(), await after(inclusive=True)) == ([root, said[2]], [root, said[1], said[2]])


async def test_metadata_must_be_asked_for(slack, client):
    """include_all_metadata shows what stopStream attached."""
    post = await stream(client, slack, markdown_text="x")
    await client.chat_stopStream(**post, metadata=MARKER)
    root = str(slack.posts("C1")[0].thread_ts)
    found = []
    for wanted in (True, False):
        page = await client.conversations_replies(channel="C1", ts=root, include_all_metadata=wanted)
        found.append(page["messages"][1].get("metadata"))
    assert found == [MARKER, None]


async def test_history_comes_newest_first_without_replies(slack, client):
    """Replies stay in their thread unless broadcast; pages go back in time."""
    first = await slack.say("U1", "C1", "first")
    await slack.say("U1", "C1", "reply", thread_ts=first)
    await slack.say("U1", "C1", "shared reply", thread_ts=first, broadcast=True)
    await slack.say("U1", "C1", "last")
    page = await client.conversations_history(channel="C1", limit=2)
    assert [message["text"] for message in page["messages"]] == ["last", "shared reply"]
    cursor = page["response_metadata"]["next_cursor"]
    rest = await client.conversations_history(channel="C1", limit=2, cursor=cursor)
    assert [message["text"] for message in rest["messages"]] == ["first"]
    assert rest["messages"][0]["reply_count"] == 2
    assert not rest["has_more"]


async def test_locale_must_be_asked_for(slack, client):
    """users.info tells the locale with include_locale; strangers are not found."""
    slack.set_locale("U1", "ko-KR")
    assert "locale" not in (await client.users_info(user="U1"))["user"]
    assert (await client.users_info(user="U1", include_locale=True))["user"]["locale"] == "ko-KR"
    assert await refusal(client.users_info(user="U404")) == "user_not_found"


@pytest.mark.parametrize(
    ("markdown", "error"),
    [
        ("# a\n\n" * 49, ""),
        ("# a\n\n" * 50, "invalid_blocks"),
        ("a\n===\n\n---\n\n" * 25, "invalid_blocks"),
        ("```\n" + "# a\n" * 60 + "```", ""),
        ("|a|\n|-|\n\n" * 2, "invalid_blocks"),
        ("|a|\n|-|\n|b|\n", ""),
    ],
)
async def test_markdown_becomes_blocks_and_they_count(slack, client, markdown, error):
    """Headings, dividers and tables outside code: fewer than 50, and one table, however they are sent."""
    for body in (
        {"markdown_text": markdown},
        {"text": "x", "blocks": [{"type": "markdown", "text": markdown}]},
    ):
        if error:
            assert error == await refusal(client.chat_postMessage(channel="C1", **body))
        else:
            assert (await client.chat_postMessage(channel="C1", **body))["ok"]
