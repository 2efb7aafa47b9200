"""The door: whoever is denied gets past no handler of either network, and none is registered beside it."""

from __future__ import annotations

import inspect
import re
from functools import partial
from typing import Any, cast

import pytest

from bots.discord.interactions import Interactions as DiscordInteractions
from bots.discord.platform import DiscordPlatform
from bots.slack import listeners
from bots.slack.interactions import Interactions
from bots.web.routes import every
from core.policy.access import Access
from core.settings import Settings

CANARY = "canary-7781"
REFUSED = "🔒 I may not answer you here. If you need me, ask the person who runs this bot to allow it."


class Recorder:
    """Notes what is registered with it as with a Bolt app."""

    client = None

    def __init__(self) -> None:
        self.found: dict[tuple[str, Any], str] = {}

    def __getattr__(self, kind: str) -> Any:
        return lambda what: lambda does: self.found.update({(kind, what): does.__qualname__})


class Nobody:
    """Stands for whatever is needed to see what is registered."""

    access = Access()

    def __getattr__(self, name: str) -> Any:
        return self


def registered() -> dict[tuple[str, Any], str]:
    """What people can do in Slack other than writing, and what each is handled by."""
    app: Any = Recorder()
    Interactions(app, cast("Any", Nobody()))
    return dict(app.found)


def of_slack(slack: Any, bob: str, room: str, answer: str, question: str) -> dict[Any, Any]:
    """Whatever Bob can do, by what is registered for it; of a pattern, what an older bot has left behind."""
    deeds: dict[Any, Any] = {
        "direct": lambda: slack.say(bob, slack.add_dm("D0BOB", bob).id, CANARY),
        "mention": partial(slack.mention, bob, room, CANARY),
        "follow-up": partial(slack.say, bob, room, CANARY, question),
        "edit": partial(slack.edit, bob, room, question, f"<@{slack.bot_user}> {CANARY}"),
        "stop": partial(slack.press_stop, bob, room, question),
    }
    button = {"type": "button", "block_id": "b", "action_ts": "5.0", "value": "bad"}
    for kind, what in registered():
        name = what if isinstance(what, str) else what.pattern.replace(".*", "older")
        deeds[kind, name] = {
            "command": partial(slack.slash, bob, room, f"/{name.strip('/')}", CANARY),
            "action": partial(slack.press, bob, room, answer, button | {"action_id": name}),
            "shortcut": partial(slack.shortcut, bob, room, answer, name),
            "view": partial(slack.submit, bob, slack.modals[0], {name: CANARY}),
        }[kind]
    return deeds


def of_discord(discord: Any, bob: str, room: str, answer: str, question: str) -> dict[Any, Any]:
    """Whatever Bob can do there: each command, each button of his answer, each type of interaction."""
    (post,) = [one for one in discord.posts(room) if one.id == answer]
    shown = [one["custom_id"] for row in post.components for one in row["components"]]
    why = {"type": 18, "component": {"type": 4, "custom_id": "why", "value": CANARY}}
    slash, ask = partial(discord.slash, bob, room), partial(discord.ask_about, bob, room, answer)
    left = [
        *((3, one) for one in (*shown, "spool:stop", "spool:yes:appr_1", "older")),
        (5, "spool:why:run_1"),
    ]
    return {
        "mention": partial(discord.say, bob, room, CANARY, mention_bot=True),
        "direct": lambda: discord.say(bob, discord.dm(bob), CANARY),
        "reply": partial(discord.say, bob, room, CANARY, reply_to=answer),
        "edit": partial(discord.edit, room, question, f"<@{discord.bot_user}> {CANARY}"),
        "autocomplete": partial(discord.stale, bob, room, 4, {"name": "assistant", "type": 1}),
        **{one["name"]: partial(slash if one["type"] == 1 else ask, one["name"]) for one in discord.commands},
        **{
            one: partial(discord.stale, bob, room, kind, {"custom_id": one, "components": [why]})
            for kind, one in left
        },
    }


@pytest.mark.promise("A1")
async def test_who_is_denied_does_nothing_and_hears_no_more_than_that(chat, spool, office, script):
    """Bob was answered before, so there are an answer, its buttons and a conversation of his."""
    bob, on, standin = chat.bob, {"answer_buttons": True, "feedback": True}, chat.standin
    own = [f"SELECT * FROM messages WHERE person = '{bob}'", "SELECT * FROM feedback"]
    own += ["SELECT * FROM approvals", f"SELECT * FROM thread_map WHERE member LIKE '{bob}%'"]
    async with spool(**on):
        question = await chat.ask("hello", person=bob)
        await chat.answer(question)
        (post,) = chat.posts(question)
        if chat.name == "slack":
            await standin.press(bob, chat.place, post.id, "rate", "bad")
            await chat.until(lambda: standin.modals)
    before, posts, heard = [office.rows(one) for one in own], len(standin.posts(chat.place)), set[str]()
    async with spool(**on, access_deny=(f"{chat.name}:{bob}",)):
        await chat.until(lambda: chat.name == "slack" or standin.commands)
        deeds = of_slack if chat.name == "slack" else of_discord
        for deed in deeds(standin, bob, chat.place, post.id, question).values():
            heard.add(getattr(await deed(), "text", ""))
        await chat.talk("and I am answered")
        if chat.name == "slack":  # there once a day, wherever that was
            (notice,) = [one for one in standin.workspace.ephemerals if one.user == bob]
            heard.add(notice.text)

    assert {REFUSED} == heard - {""}
    assert before == [office.rows(one) for one in own]
    assert CANARY not in office.everything() + str(script.requests)
    assert posts + 1 == len(standin.posts(chat.place))


@pytest.mark.promise("A1")
async def test_no_handler_is_registered_beside_the_door():
    """A new one that is not behind it fails here; those of Slack are all delivered above.

    Events that tell of no person's deed change no conversation; a deletion blanks what is stored.
    """
    of_listeners = inspect.getsource(listeners)
    discord: Any = DiscordPlatform(Settings(discord_bot_token="1"), cast("Any", Nobody()))._handlers()
    deeds = {f"MESSAGE_{one}" for one in ("CREATE", "UPDATE", "DELETE", "DELETE_BULK")}

    assert {"Interactions._behind.<locals>.listener"} == set(registered().values())
    assert ["event", "error"] == re.findall(r"app\.(\w+)\(", of_listeners)
    heard = set(re.findall(r'"(\w+)"', " ".join(re.findall(r'case ((?:"\w+"[ |]*)+)', of_listeners))))
    workspaces = {"app_uninstalled", "tokens_revoked"}
    assert {"message", "app_mention", "agent_session_stopped"} == heard - workspaces
    assert discord["INTERACTION_CREATE"].__func__ is DiscordInteractions.take
    things = {one for one in discord if re.match("CHANNEL_|THREAD_|GUILD_|READY", one)}
    assert {*deeds, "INTERACTION_CREATE"} == set(discord) - things


@pytest.mark.promise("A1")
def test_every_operation_of_the_api_is_for_a_key_or_for_who_is_logged_in():
    table = every(cast("Any", Nobody()))
    assert {"/v1", "/console"} == {route.base for route in table}
    login = {(method, "/console/login") for method in ("GET", "POST")}
    assert login == {(one.method, one.address) for one in table if one.open}
