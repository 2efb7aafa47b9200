"""What the Discord stand-in refuses, and in which words: one table of requests."""

from __future__ import annotations

import io

import pytest

from tests.standins.discord.clients import CHANNEL, MESSAGES, PERSON, button, row, why

SELECT = {"type": 3, "custom_id": "s", "options": []}
LINK = {"type": 2, "style": 5, "label": "link"}
URL = "https://a.example"
MIB = 1024 * 1024
RESET = {"name": "reset", "description": "Start over"}
OPTION = {"type": 3, "name": "name", "description": "Which one"}
CHILD = "components.0.components.0"

FORMS = [
    ({"content": "x" * 2001}, "content BASE_TYPE_MAX_LENGTH"),
    ({"content": 5}, "content STRING_TYPE_CONVERT"),
    ([1], "_misc DICT_TYPE_CONVERT"),
    ({"nonce": "n" * 26}, "nonce NONCE_TYPE_TOO_LONG"),
    ({"nonce": [1]}, "nonce NONCE_TYPE_INVALID_TYPE"),
    ({"nonce": True}, "nonce NONCE_TYPE_INVALID_TYPE"),
    ({"flags": "4"}, "flags NUMBER_TYPE_COERCE"),
    ({"embeds": {}}, "embeds LIST_TYPE_CONVERT"),
    ({"embeds": [1]}, "embeds.0 DICT_TYPE_CONVERT"),
    ({"embeds": [{}] * 11}, "embeds BASE_TYPE_MAX_LENGTH"),
    ({"embeds": [{"description": "x" * 4097}]}, "embeds.0.description BASE_TYPE_MAX_LENGTH"),
    ({"embeds": [{"title": "x" * 3001, "description": "x" * 3000}]}, "embeds MAX_EMBED_SIZE_EXCEEDED"),
    ({"message_reference": 5}, "message_reference DICT_TYPE_CONVERT"),
    ({"message_reference": {}}, "message_reference.message_id BASE_TYPE_REQUIRED"),
    ({"allowed_mentions": []}, "allowed_mentions DICT_TYPE_CONVERT"),
    ({"allowed_mentions": {"parse": ["cats"]}}, "allowed_mentions.parse.0 BASE_TYPE_CHOICES"),
    (
        {"allowed_mentions": {"parse": ["users"], "users": [PERSON]}},
        "allowed_mentions MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
    ),
    ({"allowed_mentions": {"roles": ["1"] * 101}}, "allowed_mentions.roles BASE_TYPE_BAD_LENGTH"),
    ({"attachments": {}}, "attachments LIST_TYPE_CONVERT"),
    ({"attachments": [{"id": "5"}]}, "attachments ATTACHMENT_NOT_FOUND"),
    ({"attachments": [{"filename": "a.txt"}]}, "attachments.0.id BASE_TYPE_REQUIRED"),
    ({"attachments": [{"id": "x"}]}, "attachments.0.id NUMBER_TYPE_COERCE"),
    ({"attachments": [{"id": 0}, {"id": "0"}]}, "attachments SET_TYPE_ALREADY_CONTAINS_VALUE"),
    (
        {"attachments": [{"id": 0, "description": "x" * 1025}]},
        "attachments.0.description BASE_TYPE_MAX_LENGTH",
    ),
]
COMPONENTS = [
    ({}, "components LIST_TYPE_CONVERT"),
    (row(button()) * 6, "components BASE_TYPE_BAD_LENGTH"),
    ([button()], "components.0.type UNION_TYPE_CHOICES"),
    ([{"type": 10, "content": "text"}], "components.0.type UNION_TYPE_CHOICES"),
    (row(), "components.0.components BASE_TYPE_BAD_LENGTH"),
    (row(*(button(custom_id=str(n)) for n in range(6))), "components.0.components BASE_TYPE_BAD_LENGTH"),
    (row({"type": 4}), f"{CHILD}.type UNION_TYPE_CHOICES"),
    (row(SELECT, button()), "components.0 COMPONENT_LAYOUT_WIDTH_EXCEEDED"),
    (row(button(style=9)), f"{CHILD}.style BASE_TYPE_CHOICES"),
    (row(button(label="x" * 81)), f"{CHILD}.label BASE_TYPE_MAX_LENGTH"),
    (row(button(label="")), f"{CHILD} BUTTON_COMPONENT_INVALID"),
    (row(button(custom_id="x" * 101)), f"{CHILD}.custom_id BASE_TYPE_MAX_LENGTH"),
    (row(button(custom_id="")), f"{CHILD}.custom_id BASE_TYPE_REQUIRED"),
    (row(button(), button()), "components.0.components.1.custom_id COMPONENT_CUSTOM_ID_DUPLICATED"),
    (row(LINK), f"{CHILD}.url BASE_TYPE_REQUIRED"),
    (row({**LINK, "url": URL, "custom_id": "x"}), f"{CHILD} BUTTON_COMPONENT_CUSTOM_ID_URL"),
]
COMMANDS = [
    ([1], "400 50035 0 DICT_TYPE_CONVERT"),
    ([{**RESET, "type": 9}], "400 50035 0.type BASE_TYPE_CHOICES"),
    ([{**RESET, "name": "Reset"}], "400 50035 0.name APPLICATION_COMMAND_INVALID_NAME"),
    ([{**RESET, "name": "re set"}], "400 50035 0.name APPLICATION_COMMAND_INVALID_NAME"),
    ([{**RESET, "name": "x" * 33}], "400 50035 0.name BASE_TYPE_MAX_LENGTH"),
    ([{**RESET, "name": ""}], "400 50035 0.name BASE_TYPE_REQUIRED"),
    ([{**RESET, "description": ""}], "400 50035 0.description BASE_TYPE_REQUIRED"),
    ([{**RESET, "description": "x" * 101}], "400 50035 0.description BASE_TYPE_MAX_LENGTH"),
    ([{**RESET, "type": 3}], "400 50035 0.description APPLICATION_COMMAND_DESCRIPTION_NOT_ALLOWED"),
    ([RESET, RESET], "400 50035 _misc APPLICATION_COMMANDS_DUPLICATE_NAME"),
    ([{**RESET, "name": str(n)} for n in range(101)], "400 30032"),
    ([{"name": f"Menu {n}", "type": 3} for n in range(16)], "400 30032"),
]
OPTIONS = [
    ({}, "options LIST_TYPE_CONVERT"),
    ([OPTION] * 26, "options BASE_TYPE_MAX_LENGTH"),
    ([OPTION, OPTION], "options APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS"),
    (
        [OPTION, {**OPTION, "name": "more", "required": True}],
        "options APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
    ),
    ([{**OPTION, "name": "Name"}], "options.0.name APPLICATION_COMMAND_INVALID_NAME"),
    ([{**OPTION, "name": ""}], "options.0.name BASE_TYPE_REQUIRED"),
    ([{**OPTION, "description": ""}], "options.0.description BASE_TYPE_REQUIRED"),
    ([{**OPTION, "description": "x" * 101}], "options.0.description BASE_TYPE_MAX_LENGTH"),
    ([{**OPTION, "type": 0}], "options.0.type BASE_TYPE_CHOICES"),
    (
        [{**OPTION, "choices": [{"name": str(n), "value": str(n)} for n in range(26)]}],
        "options.0.choices BASE_TYPE_MAX_LENGTH",
    ),
]
QUERIES = [
    ("limit=0", "limit NUMBER_TYPE_MIN"),
    ("limit=101", "limit NUMBER_TYPE_MAX"),
    ("limit=x", "limit NUMBER_TYPE_COERCE"),
    ("before=x", "before NUMBER_TYPE_COERCE"),
    ("before=1&after=1", "_misc MUTUALLY_EXCLUSIVE"),
]
WRITES = (f"POST {MESSAGES}", f"PATCH {MESSAGES}/{{own}}")
PUT, HOOK = "PUT /applications/{app}/commands", "/webhooks/{app}/token"
REQUESTS = [
    *((write, body, f"400 50035 {told}") for body, told in FORMS for write in WRITES),
    *((f"POST {MESSAGES}", {"components": body}, f"400 50035 {told}") for body, told in COMPONENTS),
    *((PUT, body, told) for body, told in COMMANDS),
    *((PUT, [{**RESET, "options": options}], f"400 50035 0.{told}") for options, told in OPTIONS),
    *((f"GET {MESSAGES}?{query}", None, f"400 50035 {told}") for query, told in QUERIES),
    *((f"POST {MESSAGES}", {name: [1]}, "501 0") for name in ("poll", "sticker_ids", "shared_client_theme")),
    *((f"POST {MESSAGES}", {"content": "x", "flags": flag}, "501 0") for flag in (1 << 13, 1 << 15)),
    (f"POST {MESSAGES}", {"content": "x", "message_reference": {"type": 1, "message_id": "5"}}, "501 0"),
    *((f"POST {MESSAGES}", {"content": blank}, "400 50006") for blank in ("", " \n", None)),
    (PUT, {}, "400 50035 _misc LIST_TYPE_CONVERT"),
    ("PUT /applications/{bot}/commands", [RESET], "403 20012"),
    ("GET /nowhere", None, "404 0"),
    ("PUT /users/@me", None, "405 0"),
    ("GET /users/5", None, "404 10013"),
    ("POST /users/@me/channels", {}, "400 50035 recipient_id BASE_TYPE_REQUIRED"),
    ("POST /users/@me/channels", {"recipient_id": 5}, "404 10013"),
    ("GET /guilds/5", None, "404 10004"),
    ("GET /guilds/5/members/{person}", None, "404 10004"),
    ("GET /guilds/{guild}/members/5", None, "404 10013"),
    ("GET /guilds/{guild}/members/{stranger}", None, "404 10007"),
    ("GET /channels/5", None, "404 10003"),
    ("GET /channels/x", None, "400 50035 channel_id NUMBER_TYPE_COERCE"),
    (f"PATCH {MESSAGES}/5", {"content": "y"}, "404 10008"),
    (f"PATCH {MESSAGES}/{{theirs}}", {"content": "y"}, "403 50005"),
    (f"PATCH {MESSAGES}/{{own}}", {"content": ""}, "400 50006"),
    (f"DELETE {MESSAGES}/{{theirs}}", None, "403 50003"),
    ("DELETE /channels/{room}/messages/{there}", None, "403 50013"),
    (f"PATCH /channels/{CHANNEL}", {"archived": False}, "501 0"),
    ("PATCH /channels/{thread}", {"archived": True}, "501 0"),
    ("PATCH /channels/{thread}", {"archived": False}, "403 50013"),
    ("POST /channels/{thread}/messages", {"content": "x"}, "400 50083"),
    ("POST /channels/{thread}/typing", None, "400 50083"),
    ("POST /channels/{locked}/messages", {"content": "x"}, "403 160005"),
    (
        "POST /channels/{blind}/messages",
        {"content": "x", "message_reference": {"message_id": "5"}},
        "403 160002",
    ),
    ("POST /interactions/5/token/callback", {"type": 4}, "404 10062"),
    (f"POST {HOOK}", {"content": "x"}, "404 10015"),
    ("POST /webhooks/{bot}/token", {"content": "x"}, "404 10015"),
]


@pytest.mark.parametrize(("request_", "body", "refusal"), REQUESTS)
async def test_is_refused(d, api, room, request_, body, refusal):
    thread, locked, blind = (d.add_thread(room), d.add_thread(room), d.add_thread(room))
    d.archive(thread, locked=True)
    d.lock(locked)
    d.hide_history(blind)
    names = {
        **{"app": d.application_id, "bot": d.bot_user, "room": room, "thread": thread},
        **{"locked": locked, "blind": blind},
        "theirs": await d.say(PERSON, CHANNEL, "x"),
        "there": await d.say(PERSON, room, "x"),
        "own": (await api.post("mine"))[1]["id"],
        **{"guild": d.add_guild(), "person": PERSON, "stranger": d.add_user("7" * 18)},
    }
    method, path = request_.split(" ")
    assert why(await api.ask(method, path.format(**names), body)) == refusal
    assert [p.content for p in d.posts(CHANNEL)] == ["mine"]
    assert not d.commands


A = ("a.txt", b"a")
UPLOADS = [
    ({"attachments": [{"id": 1}]}, [A], "files[{}]", "400 50035 attachments ATTACHMENT_NOT_FOUND"),
    ({}, [A], "upload{}", "400 50035 files FILE_FIELD_INVALID"),
    ({}, [A, A], "file", "400 50035 files FILE_FIELD_INVALID"),
    ({}, [A] * 11, "files[{}]", "400 50035 files BASE_TYPE_MAX_LENGTH"),
    ({}, [("a.bin", b"x" * (10 * MIB + 1))], "files[{}]", "413 40005"),
    ({}, [("a.bin", b"x" * 26 * MIB)], "files[{}]", "413 40005"),
    ({}, [("a.bin", b"x" * 9 * MIB)] * 3, "files[{}]", "413 40005"),
]


@pytest.mark.parametrize(("body", "files", "field", "refusal"), UPLOADS)
async def test_upload_is_refused(d, api, body, files, field, refusal):
    assert (why(await api.upload(body, *files, field=field)), d.posts(CHANNEL)) == (refusal, [])


@pytest.mark.parametrize(
    ("data", "kind", "refusal"),
    [
        (b"{", "application/json", "400 50109"),
        (b"{}", "text/plain", "400 50035 _misc CONTENT_TYPE_INVALID"),
        (b" " * 26 * MIB, "application/json", "413 40005"),
        (b"", "application/json", "400 50006"),
    ],
)
async def test_body_is_refused(api, data, kind, refusal):
    assert (
        why(await api.ask("POST", MESSAGES, data=io.BytesIO(data), headers={"Content-Type": kind})) == refusal
    )


@pytest.mark.parametrize("header", ["", "Bot wrong", "Bearer {}", "{}"])
async def test_only_the_bot_token_is_let_in(d, api, header):
    reply = await api.ask("GET", "/users/@me", headers={"Authorization": header.format(d.token)})
    assert (reply, d.invalid_requests) == ((401, {"message": "401: Unauthorized", "code": 0}), 1)


@pytest.mark.parametrize(
    ("code", "refusal", "reads"),
    [(50013, 403, True), (50001, 403, False), (50007, 403, True), (10003, 404, True)],
)
async def test_a_forbidden_channel_refuses_until_it_is_allowed(d, api, room, code, refusal, reads):
    d.forbid(room, code)
    assert why(await api.post("x", room)) == f"{refusal} {code}"
    assert ((await api.ask("GET", f"/channels/{room}/messages"))[0] == 200) == reads
    d.allow(room)
    assert (await api.post("x", room))[0] == 200
