"""Every refusal of the Web API: the right call of a method, what is changed in it, and the error."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from tests.standins.slack.clients import button, refusal, thumb, thumbs

RIGHT: dict[str, dict[str, Any]] = {
    "chat.postMessage": {"channel": "C1", "text": "x"},
    "chat.update": {"channel": "C1", "ts": "$post", "text": "x"},
    "chat.delete": {"channel": "C1", "ts": "$post"},
    "chat.startStream": {
        **{
            "channel": "C1",
            "thread_ts": "$said",
            "recipient_user_id": "U1",
            "recipient_team_id": "T0TEAM0001",
        }
    },
    "chat.appendStream": {
        "channel": "C1",
        "ts": "$stream",
        "chunks": [{"type": "markdown_text", "text": "x"}],
    },
    "chat.stopStream": {"channel": "C1", "ts": "$stream"},
    "assistant.threads.setStatus": {"channel_id": "C1", "thread_ts": "$said", "status": "x"},
    "agents.sessions.setStatus": {"channel_id": "C1", "status": "active", "thread_ts": "$said"},
    "conversations.replies": {"channel": "C1", "ts": "$said"},
    "conversations.history": {"channel": "C1"},
    "users.info": {"user": "U1"},
    "conversations.info": {"channel": "C1"},
    "bots.info": {"bot": "B0BOT00001"},
    "usergroups.list": {},
    "files.getUploadURLExternal": {"filename": "a", "length": 1},
    "files.completeUploadExternal": {"files": [{"id": "$file"}], "channel_id": "C1"},
    "files.info": {"file": "$theirs"},
    "files.delete": {"file": "$own"},
}
NOWHERE = "1.000001"


def section(length):
    return {"type": "section", "text": {"type": "mrkdwn", "text": "x" * length}}


def markdown(text):
    return {"type": "markdown", "text": text}


def task(**more):
    return {"type": "task_update", "id": "1", "title": "Search", "status": "pending", **more}


BLOCKS: dict[str, list[Any]] = {
    "invalid_blocks_format": ["{", "{}", [1]],
    "msg_blocks_too_long": [[markdown("x" * 6001)] * 2],
    "invalid_blocks": [
        *([{"type": "nonsense"}], [{"type": "divider"}] * 51, [{"type": "divider", "block_id": "x" * 256}]),
        *([{"type": "divider", "block_id": "x"}] * 2, [{"type": "markdown"}], [section(3001)], [section(0)]),
        [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}],
        [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}],
        *([{"type": "context"}], [{"type": "context", "elements": [{}] * 11}]),
        *([section(1) | {"accessory": {"type": "lever"}}], [section(1) | {"accessory": 1}]),
        *([markdown("# a\n\n" * 50)], [markdown("a\n===\n\n---\n\n" * 25)]),
        *([markdown("|a|\n|-|\n\n" * 2)], [{"type": "table"}] * 2),
    ],
}
ELEMENTS = [
    *([], [button()] * 2, [button(str(n)) for n in range(26)], [button("x" * 256)], [button("")]),
    *([button(value="x" * 2001)], [button(url="x" * 3001)], [button(value=1)], [button(label="x" * 76)]),
    *([button(label="")], [button() | {"text": {"type": "mrkdwn", "text": "Yes"}}], [button(style="blue")]),
    *([{"type": "lever", "action_id": "x"}], [thumbs()]),
]
RATING = [
    *(
        [],
        [button()],
        [thumbs()] * 2,
        [thumbs(positive_button=None)],
        [thumbs(negative_button=thumb(value=""))],
    ),
    *([thumbs(positive_button=thumb(**{name: "x" * 76}))] for name in ("accessibility_label", "text")),
]
CHUNKS = [
    *({}, [], [1], [{"type": "other"}], [{"type": "blocks", "blocks": []}]),
    *([markdown("") | {"type": "markdown_text"}], [{"type": "plan_update", "title": "x" * 257}]),
    *([task(status="done")], [task(title="")], [task(title="x" * 257)], [task(id=1)], [task(colour="red")]),
    *([task(output="x" * 257)], [task(sources=[{"type": "url", "url": "https://a.example"}])]),
    *([task(sources=[1])], [{"type": "task_update", "id": "1"}]),
]
POST, START, STOP = "chat.postMessage", "chat.startStream", "chat.stopStream"
BEGIN, COMPLETE = "files.getUploadURLExternal", "files.completeUploadExternal"
REPLIES = "conversations.replies"
STATUS, SESSION = "assistant.threads.setStatus", "agents.sessions.setStatus"
REFUSED = [
    *((POST, {"blocks": blocks}, error) for error, listed in BLOCKS.items() for blocks in listed),
    *((POST, {"blocks": [{"type": "actions", "elements": one}]}, "invalid_blocks") for one in ELEMENTS),
    *((POST, {"blocks": [{"type": "context_actions", "elements": one}]}, "invalid_blocks") for one in RATING),
    *(("chat.appendStream", {"chunks": chunks}, "invalid_chunks") for chunks in CHUNKS),
    ("chat.appendStream", {"chunks": [{"type": "blocks", "blocks": [{"type": "x"}]}]}, "invalid_blocks"),
    (POST, {"text": " "}, "no_text"),
    (POST, {"text": 1}, "invalid_arguments"),
    (POST, {"channel": None}, "invalid_arguments"),
    (POST, {"channel": "C404"}, "channel_not_found"),
    (POST, {"channel": "G2"}, "channel_not_found"),
    (POST, {"channel": "C2"}, "not_in_channel"),
    (POST, {"thread_ts": NOWHERE}, "thread_not_found"),
    (POST, {"markdown_text": "y"}, "markdown_text_conflict"),
    (POST, {"text": None, "markdown_text": "x" * 12_001}, "msg_too_long"),
    (POST, {"text": None, "markdown_text": ""}, "no_text"),
    (POST, {"text": None, "markdown_text": "# a\n\n" * 50}, "invalid_blocks"),
    (POST, {"metadata": {"event_type": "a"}}, "invalid_metadata_format"),
    (POST, {"metadata": 1}, "invalid_metadata_format"),
    ("chat.update", {"text": "가" * 1334}, "msg_too_long"),
    ("chat.update", {"ts": "$said"}, "cant_update_message"),
    ("chat.update", {"ts": "$stream"}, "streaming_state_conflict"),
    ("chat.update", {"ts": NOWHERE}, "message_not_found"),
    ("chat.delete", {"ts": "$said"}, "cant_delete_message"),
    ("chat.delete", {"ts": "$stream"}, "cant_delete_message"),
    (START, {"recipient_user_id": None}, "missing_recipient_user_id"),
    (START, {"recipient_team_id": None}, "missing_recipient_team_id"),
    (START, {"recipient_user_id": "B0BOT00001"}, "invalid_arguments"),
    (START, {"recipient_user_id": "U404"}, "user_not_found"),
    (START, {"recipient_user_id": "U3"}, "user_not_found"),
    (START, {"recipient_team_id": "T404"}, "team_not_found"),
    (START, {"thread_ts": NOWHERE}, "thread_not_found"),
    (START, {"channel": "C404"}, "channel_not_found"),
    (START, {"task_display_mode": "wall"}, "invalid_arguments"),
    (START, {"markdown_text": "x" * 12_001}, "msg_too_long"),
    (START, {"markdown_text": "x", "chunks": [task()]}, "cannot_provide_both_markdown_text_and_chunks"),
    ("chat.appendStream", {"chunks": None}, "no_text"),
    ("chat.appendStream", {"ts": "$said"}, "message_not_owned_by_app"),
    ("chat.appendStream", {"ts": NOWHERE}, "message_not_found"),
    ("chat.appendStream", {"ts": "$post"}, "message_not_in_streaming_state"),
    (STOP, {"session_status": "paused"}, "invalid_arguments"),
    (STOP, {"metadata": 1}, "invalid_metadata_format"),
    (STATUS, {"thread_ts": NOWHERE}, "invalid_thread_ts"),
    (STATUS, {"loading_messages": ["x"] * 11}, "invalid_arguments"),
    (SESSION, {"thread_ts": NOWHERE}, "invalid_thread_ts"),
    (SESSION, {"status": "paused"}, "invalid_arguments"),
    (REPLIES, {"ts": NOWHERE}, "thread_not_found"),
    (REPLIES, {"cursor": "nonsense"}, "invalid_cursor"),
    (REPLIES, {"cursor": "bmV4dDox"}, "invalid_cursor"),
    (REPLIES, {"limit": 1001}, "invalid_limit"),
    (REPLIES, {"limit": "many"}, "invalid_limit"),
    (REPLIES, {"oldest": "yesterday"}, "invalid_ts_oldest"),
    ("conversations.history", {"limit": 1000}, "invalid_limit"),
    ("users.info", {"user": "U404"}, "user_not_found"),
    (BEGIN, {"length": 0}, "missing_argument"),
    (BEGIN, {"length": -1}, "invalid_arguments"),
    (BEGIN, {"length": "many"}, "invalid_arguments"),
    (BEGIN, {"length": None}, "invalid_arguments"),
    (BEGIN, {"filename": None}, "invalid_arguments"),
    (BEGIN, {"filename": ""}, "missing_argument"),
    (BEGIN, {"alt_txt": "x" * 1001}, "alt_txt_too_large"),
    (BEGIN, {"length": 2 * 1024**3}, "file_upload_size_restricted"),
    (BEGIN, {"length": 2 * 1024**2, "snippet_type": "python"}, "snippet_too_large"),
    (COMPLETE, {"files": [{"id": "F404"}]}, "file_not_found"),
    (COMPLETE, {"files": []}, "invalid_arguments"),
    (COMPLETE, {"files": [{}]}, "invalid_arguments"),
    (COMPLETE, {"files": [{"id": "$file"}] * 2}, "invalid_arguments"),
    (COMPLETE, {"files": [{"id": "$begun"}]}, "file_update_failed"),
    (COMPLETE, {"files": [{"id": "$own"}]}, "file_update_failed"),
    (COMPLETE, {"channel_id": "C404"}, "channel_not_found"),
    (COMPLETE, {"channel_id": "C2"}, "not_in_channel"),
    (COMPLETE, {"channel_id": "general"}, "invalid_arguments"),
    (COMPLETE, {"thread_ts": NOWHERE}, "thread_not_found"),
    (COMPLETE, {"thread_ts": "$said", "channel_id": None}, "invalid_arguments"),
    (COMPLETE, {"blocks": [markdown("hi")]}, "internal_error"),
    ("files.info", {"file": "F404"}, "file_not_found"),
    ("files.info", {"file": "$begun"}, "file_not_found"),
    ("files.delete", {"file": "$theirs"}, "cant_delete_file"),
    ("chat.nonsense", {}, "unknown_method"),
]


async def begun(client, content, *, sent=True):
    """A file that is uploaded (or not even that), and not yet completed."""
    answer = await client.files_getUploadURLExternal(filename="a.txt", length=len(content))
    async with aiohttp.ClientSession() as session:
        if sent:
            await (await session.post(answer["upload_url"], data=content)).read()
    return answer["file_id"]


def filled(value, world):
    if isinstance(value, dict):
        return {name: filled(inner, world) for name, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, world) for inner in value]
    return world[value] if isinstance(value, str) and value.startswith("$") else value


@pytest.fixture
async def world(slack, client):
    slack.add_stranger("U3", "T0OTHER001")
    said = await slack.say("U1", "C1", "hi", files=[("a.txt", b"a")])
    (theirs,) = slack.files
    post = (await client.chat_postMessage(channel="C1", text="x"))["ts"]
    started = await client.chat_startStream(**RIGHT[START] | {"thread_ts": said})
    own = await begun(client, b"abc")
    await client.files_completeUploadExternal(files=[{"id": own}])
    files = {
        "$own": own,
        "$file": await begun(client, b"abc"),
        "$begun": await begun(client, b"a", sent=False),
    }
    return {"$said": said, "$theirs": theirs, "$post": post, "$stream": started["ts"], **files}


@pytest.mark.parametrize("slack", [True], indirect=True, ids=["agent"])
@pytest.mark.parametrize(("method", "change", "error"), REFUSED)
async def test_a_call_is_refused(slack, client, world, method, change, error):
    """And because of that change: without it the call is accepted."""
    right = filled(RIGHT.get(method, {}), world)
    assert await refusal(client.api_call(method, json=right | filled(change, world))) == error
    if method in RIGHT:
        assert (await client.api_call(method, json=right))["ok"]


SCOPES = {
    **{"files.info": "files:read", "users.info": "users:read", "bots.info": "users:read"},
    **{"usergroups.list": "usergroups:read", "conversations.info": "channels:read"},
    **dict.fromkeys(("conversations.history", "conversations.replies"), "channels:history"),
} | dict.fromkeys((BEGIN, COMPLETE, "files.delete"), "files:write")


@pytest.mark.parametrize(("method", "scope"), SCOPES.items())
async def test_a_missing_scope_is_named(slack, client, world, method, scope):
    slack.scopes.discard(scope)
    assert await refusal(client.api_call(method, json=filled(RIGHT[method], world))) == "missing_scope"


@pytest.mark.parametrize(
    ("body", "kind", "error"),
    [
        ("{", "application/json", "invalid_json"),
        ("[]", "application/json", "json_not_object"),
        ("{}", "application/json", "not_authed"),
        ("", "application/json", "not_authed"),
        ("x", "text/plain", "invalid_post_type"),
    ],
)
async def test_a_body_is_refused(slack, body, kind, error):
    async with aiohttp.ClientSession() as session:
        url = f"{slack.api_url}auth.test"
        answer = await session.post(url, data=body, headers={"Content-Type": kind})
        assert (await answer.json())["error"] == error
