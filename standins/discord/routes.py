"""REST, in one table: each request with what it is checked for, in this order, and what answers it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from standins.discord import callback, error
from standins.discord.ask import Ask
from standins.discord.error import JSON, ApiError, Field, Refusal
from standins.discord.forms import CALLBACK, COMMANDS, MESSAGE, PAGE, RECIPIENT
from standins.discord.guild import PERMISSIONS
from standins.discord.message import Message

Result = JSON | list[JSON] | None  # what the reply's JSON is; None is 204 without a body
Check = Field | tuple[Refusal, Callable[[Ask], object]]
"""What the form has to be, or a refusal and when it is given."""

CONTENT_ALLOWED = 1 << 19
"""Application flag: the message content intent is switched on, in fewer than 100 servers."""


@dataclass(frozen=True, slots=True)
class Route:
    """`limited`: in each channel it has a bucket of its own."""

    method: str
    path: str
    answer: Callable[[Ask], Result]
    checks: tuple[Check, ...] = ()
    limited: bool = False

    def reply(self, ask: Ask) -> Result:
        """Raises ApiError for the first check that fails."""
        for check in self.checks:
            if isinstance(check, Field):
                check.check(ask.form)
            elif check[1](ask):
                raise ApiError(check[0])
        return self.answer(ask)


def _application(ask: Ask) -> JSON:
    bot = ask.world.bot
    return {
        **{"id": ask.world.application_id, "name": bot.name, "icon": None, "description": "", "summary": ""},
        **{"bot_public": ask.world.public, "bot_require_code_grant": False, "verify_key": "0" * 64},
        **{"flags": CONTENT_ALLOWED if bot.reads_all else 0, "team": None, "interactions_endpoint_url": None},
        "owner": {**bot.payload(), "id": ask.world.application_id, "bot": False},
        "integration_types_config": {"0": {}},
    }


def _own_guilds(ask: Ask) -> list[JSON]:
    """Partial guilds, with what the bot's roles allow there; channels may say otherwise."""
    nothing: JSON = {"icon": None, "banner": None, "owner": False, "features": []}
    return [
        {
            **nothing,
            "id": id,
            "name": guild.name,
            "permissions": str(ask.world.permissions.get(id, PERMISSIONS)),
        }
        for id, guild in ask.world.guilds.items()
    ]


def _member(ask: Ask) -> JSON:
    """No intent is needed to ask for one of them."""
    user = ask.world.users[ask.path["user"]]
    return {**ask.guild.member(user), "user": user.payload()}


def _gateway_bot(ask: Ask) -> JSON:
    total = ask.world.rules.identify_limit
    limit = {
        "total": total,
        "remaining": max(0, total - len(ask.world.identified)),
        "reset_after": 86_400_000,
        "max_concurrency": 1,
    }
    return {"url": ask.world.gateway_url, "shards": 1, "session_start_limit": limit}


def _post(ask: Ask) -> JSON:
    """A known enforced nonce returns the message it was first used for."""
    message = ask.repeated or ask.world.post(ask.channel, ask.form, ask.files)
    reply = _shown(ask, message)
    return reply if message.nonce is None else {**reply, "nonce": message.nonce}


def _page(ask: Ask) -> list[JSON]:
    """At most `limit` messages, newest first; none where the bot may not read what was said before."""
    marks = {name: int(ask.form[name]) for name in ("before", "after", "around") if name in ask.form}
    found = ask.channel.page(int(ask.form.get("limit", 50)), **marks) if ask.channel.readable else []
    return [_shown(ask, message) for message in found]


def _type(ask: Ask) -> None:
    ask.world.typing.append((time.monotonic(), ask.channel.id))
    ask.world.changes.ring(ask.channel.id)


def _open_thread(ask: Ask) -> JSON:
    ask.world.archive(ask.channel, False)
    return ask.channel.payload()


def _shown(ask: Ask, message: Message) -> JSON:
    return message.payload(ask.world.bot)


_HOOK, _ANSWERED = "/webhooks/{application}/{token}", "/webhooks/{application}/{token}/messages/{message}"
_CHANNEL = "/channels/{channel}"
_MESSAGES, _MESSAGE = "/channels/{channel}/messages", "/channels/{channel}/messages/{message}"
_COMMANDS = "/applications/{application}/commands"

_OWN_COMMANDS: Check = (error.NOT_THIS_APPLICATION, lambda a: a.foreign)
_THERE: Check = (error.UNKNOWN_CHANNEL, lambda a: not a.channel)
_OPEN: Check = (error.ARCHIVED, lambda a: a.channel.archived)
_WRITTEN: tuple[Check, ...] = (MESSAGE, (error.NOT_PLAYED, lambda a: a.unplayed))
_HOOKED: tuple[Check, ...] = (
    (error.UNKNOWN_WEBHOOK, lambda a: a.foreign or not a.interaction.acked.is_set()),
    (error.INVALID_WEBHOOK_TOKEN, lambda a: a.interaction.age > a.world.rules.interaction_lifetime),
)

ROUTES = (
    Route("GET", "/users/@me", lambda a: {**a.world.bot.own(), "locale": "en-US"}),
    Route("GET", "/users/@me/guilds", _own_guilds),
    Route(
        *("GET", "/users/{user}", lambda a: a.world.users[a.path["user"]].payload()),
        ((error.UNKNOWN_USER, lambda a: a.path["user"] not in a.world.users),),
    ),
    Route(
        *("POST", "/users/@me/channels", lambda a: a.world.dm(str(a.form["recipient_id"])).payload()),
        (RECIPIENT, (error.UNKNOWN_USER, lambda a: str(a.form["recipient_id"]) not in a.world.users)),
    ),
    Route("GET", "/oauth2/applications/@me", _application),
    Route("GET", "/applications/@me", _application),
    Route("GET", _COMMANDS, lambda a: a.world.commands.all, (_OWN_COMMANDS,)),
    Route("PUT", _COMMANDS, lambda a: a.world.commands.replace(a.form), (_OWN_COMMANDS, COMMANDS)),
    Route("GET", "/gateway", lambda a: {"url": a.world.gateway_url}),
    Route("GET", "/gateway/bot", _gateway_bot),
    Route("GET", "/guilds/{guild}", lambda a: a.guild.payload()),
    Route("GET", "/guilds/{guild}/roles", lambda a: a.guild.roles()),
    Route(
        *("GET", "/guilds/{guild}/members/{user}", _member),
        (
            (error.UNKNOWN_GUILD, lambda a: not a.guild),
            (error.UNKNOWN_USER, lambda a: a.path["user"] not in a.world.users),
            (error.UNKNOWN_MEMBER, lambda a: a.path["user"] not in a.guild.people),
        ),
    ),
    Route("GET", "/guilds/{guild}/channels", lambda a: a.world.rooms(a.guild)),
    Route("GET", _CHANNEL, lambda a: a.channel.payload()),
    Route(
        *("PATCH", _CHANNEL, _open_thread),
        (
            (error.NOT_PLAYED, lambda a: a.channel.parent is None or a.form != {"archived": False}),
            (error.MISSING_PERMISSIONS, lambda a: a.channel.locked or not a.channel.opens),
        ),
    ),
    Route("POST", "/channels/{channel}/typing", _type, (_OPEN,), limited=True),
    Route("GET", _MESSAGES, _page, (_THERE, PAGE)),
    Route(
        *("POST", _MESSAGES, _post),
        (
            _THERE,
            *_WRITTEN,
            (error.EMPTY_MESSAGE, lambda a: a.empty),
            (error.UNKNOWN_MESSAGE, lambda a: a.repeated and a.repeated.deleted),
            (error.ARCHIVED, lambda a: not a.repeated and a.channel.locked and a.channel.archived),
            (error.LOCKED, lambda a: not a.repeated and a.channel.locked),
            (
                error.NO_READING,
                lambda a: not a.repeated and a.form.get("message_reference") and not a.channel.readable,
            ),
        ),
        limited=True,
    ),
    Route("GET", _MESSAGE, lambda a: _shown(a, a.message)),
    Route(
        *("PATCH", _MESSAGE, lambda a: _shown(a, a.world.rewrite(a.message, a.form, a.files))),
        (_OPEN, *_WRITTEN, (error.NOT_YOURS, lambda a: a.others)),
        limited=True,
    ),
    Route(
        *("DELETE", _MESSAGE, lambda a: a.world.delete(a.message)),
        (
            _OPEN,
            (error.NOT_IN_DM, lambda a: a.others and a.channel.guild is None),
            (error.MISSING_PERMISSIONS, lambda a: a.others),
        ),
        limited=True,
    ),
    Route(
        *("POST", "/interactions/{interaction}/{token}/callback", callback.answer),
        (
            (error.UNKNOWN_INTERACTION, lambda a: a.interaction.age > a.world.rules.interaction_deadline),
            (error.ALREADY_ACKNOWLEDGED, lambda a: a.interaction.acked.is_set()),
            CALLBACK,
        ),
    ),
    Route(
        *("POST", _HOOK, callback.follow_up), (*_HOOKED, *_WRITTEN, (error.EMPTY_MESSAGE, lambda a: a.empty))
    ),
    Route("GET", _ANSWERED, lambda a: _shown(a, a.answered), _HOOKED),
    Route("PATCH", _ANSWERED, callback.edit, (*_HOOKED, *_WRITTEN)),
    Route("DELETE", _ANSWERED, callback.delete, _HOOKED),
)

ELSEWHERE = (
    *(
        Route("*", path, lambda _: None, ((error.METHOD_NOT_ALLOWED, lambda _: True),))
        for path in sorted({route.path for route in ROUTES})
    ),
    Route("*", "/{rest:.*}", lambda _: None, ((error.NOT_FOUND, lambda _: True),)),
)
"""Every other request."""
