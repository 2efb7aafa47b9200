"""The door: whoever is denied gets past no handler of either network, and none is registered beside it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable
from functools import partial
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bots.discord.interactions import Interactions as DiscordInteractions
from bots.discord.platform import DiscordPlatform
from bots.slack import listeners
from bots.slack.interactions import ANY, Interactions, Means
from bots.web.routes import every
from core.policy.access import Access
from core.settings import Settings
from tests.both.chats import Chat
from tests.both.networks import SlackChat

CANARY = "canary-7781"
REFUSED = "🔒 I may not answer you here. If you need me, ask the person who runs this bot to allow it."
Deed = Callable[[], Awaitable[Any]]
COMMANDS = ("/reset", "/assistant", "/model", "/console", "/memory", "/access")
BUTTONS = ("approve", "refuse", "again", "shorter", "rate")


def of_slack(chat: Chat, answer: str, question: str) -> dict[object, Deed]:
    """Whatever Bob can do there, by what is registered for it."""
    slack, bob, room = chat.standin, chat.bob, chat.place

    async def edit() -> None:
        ts = await slack.say(bob, room, "hello")
        await slack.edit(bob, room, ts, f"<@{slack.bot_user}> {CANARY}")
        await slack.delete(bob, room, ts)

    async def form() -> Any:
        (modal,) = slack.modals
        return await slack.submit(bob, modal, {"why": CANARY})

    return {
        ("event", "message"): lambda: slack.say(bob, slack.add_dm("D0BOB", bob).id, CANARY),
        ("event", "app_mention"): lambda: slack.mention(bob, room, CANARY),
        ("event", "follow-up"): lambda: slack.say(bob, room, CANARY, question),
        ("event", "changed"): edit,
        ("event", "agent_session_stopped"): lambda: slack.press_stop(bob, room, question),
        **{("command", one): partial(slack.slash, bob, room, one, CANARY) for one in COMMANDS},
        **{
            ("action", one): partial(_press, slack, bob, room, answer, one)
            for one in (*BUTTONS, "of an older bot")
        },
        ("shortcut", "reset_thread"): lambda: slack.shortcut(bob, room, answer, "reset_thread"),
        ("shortcut", ANY): lambda: slack.shortcut(bob, room, answer, "older"),
        ("view", "why"): form,
    }


def of_discord(chat: Chat, answer: str, question: str) -> dict[object, Deed]:
    """Whatever Bob can do there; every type of interaction, and what an older bot has left of it."""
    discord, bob, room = chat.standin, chat.bob, chat.place
    (post,) = [one for one in discord.posts(room) if one.id == answer]
    ids = [one["custom_id"] for row in post.components for one in row["components"]]
    used = [*ids, "spool:stop", "spool:yes:appr_1", "older"]
    label = {"type": 18, "component": {"type": 4, "custom_id": "why", "value": CANARY}}

    async def edit() -> None:
        said = await discord.say(bob, room, "hello")
        await discord.edit(room, said, f"<@{discord.bot_user}> {CANARY}")
        await discord.delete(room, said)

    return {
        "MESSAGE_CREATE": lambda: discord.say(bob, room, CANARY, mention_bot=True),
        "direct": lambda: discord.say(bob, discord.dm(bob), CANARY),
        "reply": lambda: discord.say(bob, room, CANARY, reply_to=answer),
        "MESSAGE_UPDATE": edit,
        **{one["name"]: partial(_use, discord, bob, room, one, answer) for one in discord.commands},
        **{one: partial(_stale, discord, bob, room, one) for one in used},
        "autocomplete": lambda: discord.stale(bob, room, 4, {"name": "assistant", "type": 1}),
        "form": lambda: discord.stale(bob, room, 5, {"custom_id": "spool:why:run_1", "components": [label]}),
    }


def _press(slack: Any, bob: str, room: str, answer: str, action: str) -> Awaitable[Any]:
    button = {"type": "button", "block_id": "b", "action_ts": "5.0", "value": "bad", "action_id": action}
    return cast("Awaitable[Any]", slack.press(bob, room, answer, button))


def _stale(discord: Any, bob: str, room: str, custom_id: str) -> Awaitable[Any]:
    return cast("Awaitable[Any]", discord.stale(bob, room, 3, {"custom_id": custom_id}))


def _use(discord: Any, bob: str, room: str, command: Any, answer: str) -> Awaitable[Any]:
    if command["type"] == 1:
        return cast("Awaitable[Any]", discord.slash(bob, room, command["name"]))
    return cast("Awaitable[Any]", discord.ask_about(bob, room, answer, command["name"]))


def told(reply: Any) -> set[str]:
    """What somebody was told who did something."""
    if isinstance(reply, str | list) or reply is None:
        return set()
    return set(getattr(reply, "texts", [getattr(reply, "text", "")])) - {""}


@pytest.mark.promise("A1")
async def test_who_is_denied_does_nothing_and_hears_no_more_than_that(chat, spool, office, script):
    """Bob was answered before, so there are an answer, its buttons and a conversation of his."""
    bob, on = chat.bob, {"answer_buttons": True, "feedback": True}
    own = [
        f"SELECT * FROM messages WHERE person = '{bob}'",
        "SELECT * FROM feedback",
        "SELECT * FROM approvals",
    ]
    own += [f"SELECT * FROM thread_map WHERE member LIKE '{bob}%'"]
    async with spool(**on):
        question = await chat.ask("hello", person=bob)
        await chat.answer(question)
        (post,) = chat.posts(question)
        if isinstance(chat, SlackChat):
            await chat.standin.press(bob, chat.place, post.id, "rate", "bad")
            await chat.until(lambda: chat.standin.modals)
    before, seen = [office.rows(one) for one in own], len(chat.standin.posts(chat.place))
    heard: set[str] = set()
    async with spool(**on, access_deny=(f"{chat.name}:{bob}",)):
        await chat.until(lambda: chat.name == "slack" or chat.standin.commands)
        deeds = (of_slack if chat.name == "slack" else of_discord)(chat, post.id, question)
        for deed in deeds.values():
            heard |= told(await deed())
        await chat.talk("and I am answered")

        if isinstance(chat, SlackChat):  # once a day, wherever that was
            (notice,) = [one for one in chat.standin.workspace.ephemerals if one.user == bob]
            heard |= {notice.text}

    assert {REFUSED} == heard
    assert before == [office.rows(one) for one in own]
    assert CANARY not in office.everything() + str(script.requests)
    assert seen + 1 == len(chat.standin.posts(chat.place))


class Recorder:
    """A Bolt app that only notes what is registered with it."""

    client = None

    def __init__(self) -> None:
        self.found: dict[tuple[str, object], str] = {}

    def __getattr__(self, kind: str) -> Any:
        return lambda what: lambda does: self.found.update({(kind, what): does.__qualname__})


@pytest.mark.promise("A1")
async def test_no_handler_of_slack_is_registered_beside_the_door():
    """A new one that is not behind it, or that the test above does not deliver, fails here."""
    app: Any = Recorder()
    Interactions(app, Means(*[cast("Any", None)] * 6))
    delivered = of_slack(cast("Any", SimpleNamespace(standin=Anything(), bob="", place="")), "", "")
    older = {("action", "of an older bot"): ("action", ANY)}
    known = {older.get(cast("Any", one), one) for one in delivered} | {("command", ANY)}
    events = re.findall(r'case (".*"):', inspect.getsource(listeners.Listeners._event))
    registered = re.findall(r"app\.(\w+)\(", inspect.getsource(listeners))

    assert {"Interactions._behind.<locals>.listener"} == set(app.found.values())
    assert set(app.found) == {one for one in known if cast("Any", one)[0] != "event"}
    assert ['"message" | "app_mention"', '"agent_session_stopped"'] == events
    assert ["event", "error"] == registered


@pytest.mark.promise("A1")
async def test_no_handler_of_discord_is_registered_beside_the_door():
    """Those that tell of no person's deed change nothing but names; deletions only blank what is stored."""
    inbox: Any = SimpleNamespace(access=Access())
    handlers: dict[str, Any] = {**DiscordPlatform(Settings(discord_bot_token="1"), inbox)._handlers()}
    things = {name for name in handlers if re.fullmatch("(CHANNEL|THREAD|GUILD|GUILD_ROLE)_.*", name)}

    assert handlers["INTERACTION_CREATE"].__func__ is DiscordInteractions.take
    deeds = {
        "MESSAGE_CREATE",
        "MESSAGE_UPDATE",
        "MESSAGE_DELETE",
        "MESSAGE_DELETE_BULK",
        "INTERACTION_CREATE",
    }
    assert deeds == set(handlers) - things


class Anything:
    def __getattr__(self, name: str) -> Any:
        return self

    def __call__(self, *given: Any, **more: Any) -> Any:
        return self


@pytest.mark.promise("A1")
def test_every_operation_of_the_api_has_its_access_rule():
    """A key, or somebody who is logged in; of the page two things are for whoever is not yet."""
    table = every(cast("Any", Anything()))
    assert {"/v1", "/console"} == {route.base for route in table}
    login = {(method, "/console/login") for method in ("GET", "POST")}
    assert login == {(one.method, one.address) for one in table if one.open}
