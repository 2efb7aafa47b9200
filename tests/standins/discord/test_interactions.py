"""The Discord stand-in's commands and interactions, without the SDK."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import Any

import pytest

from standins.discord import Rules
from tests.standins.discord.clients import CHANNEL, OTHER, PERSON, button, row, standin_with, why

RESET = {"name": "reset", "description": "Start over"}
OPTION = {"type": 3, "name": "name", "description": "Which one"}
NOBODY = {"headers": {"Authorization": ""}}


class Use:
    """A person uses /reset, or what is no longer there: what they see, and where the bot can answer."""

    def __init__(self, d, api, seen, event):
        self.event, self.seen = event, seen
        self._api = api
        self._callback = f"/interactions/{event['id']}/{event['token']}/callback"
        self._hook = f"/webhooks/{d.application_id}/{event['token']}"

    async def answer(self, kind, query="", **data):
        body = {"type": kind, "data": data} if data else {"type": kind}
        return await self._api.ask("POST", self._callback + query, body, **NOBODY)

    async def hook(self, method="POST", message="", **body):
        return await self._api.ask(method, self._hook + message, body or None, **NOBODY)


@pytest.fixture
def use(d, api, socket):
    """Used within, it is forgotten at the end."""

    @asynccontextmanager
    async def use(channel=CHANNEL, kind=2):
        if not d.commands:
            await api.register(RESET)
            await socket.identify()
        way = d.slash(PERSON, channel, "reset") if kind == 2 else d.stale(PERSON, channel, kind, {})
        seen = asyncio.ensure_future(way)
        yield Use(d, api, seen, (await socket.event("INTERACTION_CREATE"))["d"])
        seen.cancel()

    return use


async def test_commands_are_replaced_and_keep_their_ids(d, api):
    """A PUT echoes with ids; the same command keeps its id, and its version while it is unchanged."""
    _, (first,) = await api.register(RESET)
    _, (same,) = await api.register(RESET)
    _, (changed, other) = await api.register({**RESET, "description": "New"}, {**RESET, "name": "other"})
    assert (first, changed["id"], changed["application_id"]) == (same, first["id"], d.application_id)
    assert changed["version"] != first["version"]
    assert other["id"] != first["id"]
    assert (await api.ask("GET", f"/applications/{d.application_id}/commands"))[1] == d.commands
    assert d.command_syncs == 3


@standin_with(rules=Rules(command_creates=1))
async def test_new_commands_have_a_quota(api):
    await api.register(RESET)
    assert (await api.register(RESET))[0] == 200
    assert why(await api.register(RESET, {**RESET, "name": "more"})) == "400 30034"


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ({"contexts": [0]}, {}),
        ({"name": "other"}, {}),
        ({}, {"other": "x"}),
        ({"options": [OPTION]}, {"other": "x"}),
        ({"options": [OPTION]}, {"name": 1}),
        ({"options": [OPTION]}, {"name": "x" * 6001}),
        ({"options": [{**OPTION, "choices": [{"name": "A", "value": "a"}]}]}, {"name": "b"}),
        ({"options": [{**OPTION, "required": True}]}, {}),
    ],
)
async def test_a_client_sends_only_what_is_offered(d, api, command, options):
    await api.register({**RESET, **command})
    with pytest.raises(LookupError):
        await d.slash(PERSON, CHANNEL, "reset", options=options)


async def test_a_disabled_or_absent_button_cannot_be_pressed(d, api):
    _, message = await api.post("x", components=row(button(disabled=True)))
    for post, custom_id in ((message["id"], "stop"), (message["id"], "other"), ("5", "stop")):
        with pytest.raises(LookupError):
            await d.press(PERSON, CHANNEL, post, custom_id)


async def test_an_interaction_tells_where_and_who(d, room, use):
    """In a guild it has member, guild and permissions; in a DM the user, and no guild."""
    async with use(room) as first, use() as second:
        there, here = first.event, second.event
    assert (there["guild"]["id"], there["member"]["user"]["id"], there["context"]) == (
        *(there["guild_id"], PERSON, 0),
    )
    assert (here["user"]["id"], here["context"]) == (PERSON, 1)
    assert here["authorizing_integration_owners"] == {"0": "0"}
    assert ("guild_id" in here, "user" in there) == (False, False)


@standin_with(rules=Rules(interaction_deadline=0.05))
async def test_an_unanswered_interaction_fails(use):
    async with use() as used:
        reply = await used.seen
        assert (reply.failed, reply.acked_after, reply.text) == (True, None, "")
        assert why(await used.answer(4, content="late")) == "404 10062"


async def test_an_interaction_is_acknowledged_once(d, api, use):
    async with use() as used:
        wrong = f"/interactions/{used.event['id']}/wrong/callback"
        assert why(await api.ask("POST", wrong, {"type": 4})) == "404 10062"
        for kind in (7, 10, "4", None):
            assert why(await used.answer(kind)).startswith("400 50035 type")
        assert why(await used.answer(4)) == "400 50006"
        assert why(await used.answer(4, content=5)) == "400 50035 content STRING_TYPE_CONVERT"
        assert why(await used.answer(4, poll=[1])) == "501 0"
        assert await used.answer(4, content="done", flags=64) == (204, "")
        assert why(await used.answer(4, content="done")) == "400 40060"
        assert ((await used.seen).text, (await used.seen).ephemeral) == ("done", True)


FIELD = "components.0.component"
INPUT = {"type": 4, "custom_id": "f", "style": 2, "max_length": 9}
LABEL: dict[str, Any] = {"type": 18, "label": "x" * 45, "component": INPUT}
FORM: dict[str, Any] = {"custom_id": "form", "title": "x" * 45, "components": [LABEL]}
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"custom_id": "x" * 101}, "custom_id BASE_TYPE_MAX_LENGTH"),
    *(({"title": "x" * 46}, "title BASE_TYPE_MAX_LENGTH"), ({"title": ""}, "title BASE_TYPE_REQUIRED")),
    ({"components": []}, "components BASE_TYPE_BAD_LENGTH"),
    ({"components": [LABEL | {"type": 1}]}, "components.0.type BASE_TYPE_CHOICES"),
    ({"components": [LABEL | {"label": "x" * 46}]}, "components.0.label BASE_TYPE_MAX_LENGTH"),
    ({"components": [LABEL | {"component": INPUT | {"style": 3}}]}, f"{FIELD}.style BASE_TYPE_CHOICES"),
    (
        {"components": [LABEL | {"component": INPUT | {"max_length": 0}}]},
        f"{FIELD}.max_length BASE_TYPE_CHOICES",
    ),
]


async def test_a_form_is_checked_and_sent(d, use):
    """By whoever it was shown to, in place of any other answer; no form follows a form."""
    async with use() as used:
        for change, error in WRONG:
            assert why(await used.answer(9, **{**FORM, **change})) == f"400 50035 data.{error}"
        assert await used.answer(9, **FORM) == (204, "")
        form = (await used.seen).form
    for typed in ({}, {"f": "x" * 10}):
        with pytest.raises(LookupError):
            await d.submit(PERSON, CHANNEL, "", form, typed)
    async with use(kind=5) as used:
        assert why(await used.answer(9, **FORM)) == "400 50035 type BASE_TYPE_CHOICES"


async def test_suggestions_answer_an_autocompletion_only(use):
    async with use(kind=4) as used:
        assert why(await used.answer(4, content="x")) == "400 50035 type BASE_TYPE_CHOICES"
        assert (await used.answer(8, choices=[]), (await used.seen).kind) == ((204, ""), 8)


async def test_a_callback_can_tell_what_it_made(room, socket, use):
    """`with_response` returns interaction and message; an ephemeral message is told without guild_id."""
    async with use(room) as used:
        _, told = await used.answer(4, "?with_response=1", content="done", flags=64)
        assert told["resource"]["message"]["id"] == told["interaction"]["response_message_id"]
        assert "guild_id" not in (await socket.event("MESSAGE_CREATE"))["d"]


async def test_a_webhook_works_after_the_callback(d, use):
    """Before it the token is unknown; none of it needs Authorization."""
    async with use() as used:
        assert why(await used.hook(content="early")) == "404 10015"
        await used.answer(4, content="done")
        _, more = await used.hook(content="more")
        assert why(await used.hook(content="")) == "400 50006"
        assert (await used.hook("PATCH", f"/messages/{more['id']}", content="more!"))[0] == 200
        assert (await used.hook("PATCH", "/messages/@original", content="edited"))[0] == 200
        assert [p.content for p in d.posts(CHANNEL)] == ["edited", "more!"]
        assert (await used.hook("GET", "/messages/@original"))[1]["content"] == "edited"
        assert await used.hook("DELETE", "/messages/@original") == (204, "")
        assert why(await used.hook("PATCH", "/messages/@original", content="x")) == "404 10008"
        assert [p.content for p in d.posts(CHANNEL)] == ["more!"]
        _, secret = await used.hook(content="secret", flags=64)
        assert (await used.hook("PATCH", f"/messages/{secret['id']}", content="!"))[0] == 200
        assert await used.hook("DELETE", f"/messages/{secret['id']}") == (204, "")


@standin_with(rules=Rules(interaction_lifetime=0))
async def test_a_webhook_dies_with_its_token(use):
    async with use() as used:
        await used.answer(4, content="done")
        assert why(await used.hook(content="more")) == "401 50027"


MENU = {"name": "About this", "type": 3, "integration_types": [0, 1], "contexts": [0, 1, 2]}


@pytest.mark.parametrize("place", ["room", "no writing", "no access", "others"])
async def test_a_command_on_a_message_brings_it_along(d, api, socket, room, place):
    """Its content too, whatever the bot may read; what it may do there, and by whose installation."""
    channel = d.add_others_dm(PERSON) if place == "others" else room
    if place.startswith("no"):
        d.forbid(channel, {"no writing": 50013, "no access": 50001}[place])
    await api.register(MENU, RESET)
    await socket.identify()
    said = await d.say(OTHER, channel, "words")
    with pytest.raises(LookupError):
        await d.ask_about(PERSON, channel, said, "reset")
    asking = asyncio.ensure_future(d.ask_about(PERSON, channel, said, "About this"))
    event = (await socket.event("INTERACTION_CREATE"))["d"]
    used = Use(d, api, asking, event)
    late = await used.hook("GET", "/messages/@original")
    await used.answer(5, flags=64)
    await used.hook(content="seen")
    reply = await asking
    more = await used.hook(content="more", flags=64)

    assert "words" == event["data"]["resolved"]["messages"][event["data"]["target_id"]]["content"]
    assert ("seen", True, 5) == (reply.text, reply.ephemeral, reply.kind)
    assert ("404 10015", 200) == (why(late), more[0])
    assert ["seen", "more"] == [message.content for message in d.seen(PERSON)]
    may = {"room": (True, True), "no writing": (True, False)}.get(place, (False, False))
    assert may == tuple(bool(int(event["app_permissions"]) & bit) for bit in (1 << 10, 1 << 11))
    assert (
        ({"1": PERSON}, 2)
        if place == "others"
        else ({"0": event.get("guild_id")}, 0)
        == (
            event["authorizing_integration_owners"],
            event["context"],
        )
    )


async def test_korean_names_are_checked_as_others(api):
    """Of a slash command: small letters, no blanks; a menu's may have them."""
    assert 200 == (await api.register({**RESET, "name_localizations": {"ko": "초기화"}}, MENU))[0]
    assert 400 == (await api.register({**RESET, "name_localizations": {"ko": "새 대화"}}))[0]
