"""Discord: who the bot is there, what its application and its servers allow, and who may invite it."""

from __future__ import annotations

from typing import Any

from bots.checks.check import Check
from bots.checks.web import Answer, Web
from core.settings import Settings

TOKEN, INTENTS, INVITE, PERMISSIONS = (
    "discord.token",
    "discord.intents",
    "discord.invite",
    "discord.permissions",
)
CONTENT = 1 << 18 | 1 << 19
"""Flags of an application that may read message content; the second is that of one in few servers."""
ADMINISTRATOR = 1 << 3
NEEDED = {
    "View Channels": 1 << 10,
    "Send Messages": 1 << 11,
    "Send Messages in Threads": 1 << 38,
    "Read Message History": 1 << 16,
    "Attach Files": 1 << 15,
}
PORTAL = "https://discord.com/developers/applications"
_MOST = 5
"""Servers that are named."""


def invite(application: str) -> str:
    """The link that brings the bot into a server with what answering needs."""
    asked = f"scope=bot+applications.commands&permissions={sum(NEEDED.values())}"
    return f"https://discord.com/oauth2/authorize?client_id={application}&{asked}"


async def check(settings: Settings, web: Web) -> list[Check]:
    """The token, the application, and the servers the bot is in."""
    if not settings.discord_bot_token:
        return [Check(TOKEN, "skip", "DISCORD_BOT_TOKEN is not set: it is not on Discord.")]
    me = await _get(web, settings, "/users/@me")
    if me.status != 200 or "id" not in me.fields:
        return [_refused(me)]
    application = await _get(web, settings, "/applications/@me")
    guilds = await _get(web, settings, "/users/@me/guilds")
    found = [Check(TOKEN, "ok", str(me.fields.get("username")))]
    servers = [one for one in guilds.body if isinstance(one, dict)] if isinstance(guilds.body, list) else None
    if application.status == 200:
        found += [
            _intents(settings, application.fields),
            _invited(settings, application.fields, servers or []),
        ]
    if servers is not None:
        id = str(application.fields.get("id") or me.fields["id"])
        found.append(_permitted(servers, id))
    return found


def reads_all(settings: Settings) -> bool:
    """Whether it is to read messages that do not mention it."""
    return bool(settings.follow_threads) or any(one.startswith("discord:") for one in settings.answer_in)


def _intents(settings: Settings, application: Any) -> Check:
    allowed = bool(int(application.get("flags") or 0) & CONTENT)
    if reads_all(settings) and not allowed:
        what = "FOLLOW_THREADS=1 and ANSWER_IN need Discord's Message Content Intent, which is off."
        cure = f"Turn it on at the Bot page of your application ({PORTAL}), or do without them."
        return Check(INTENTS, "fail", what, cure)
    return Check(INTENTS, "ok", "The intents that the settings need are on.")


def _invited(settings: Settings, application: Any, servers: list[dict[str, Any]]) -> Check:
    if application.get("bot_public") is False:
        return Check(INVITE, "ok", "Only its owner may invite the bot.")
    if settings.discord_guilds:
        return Check(INVITE, "ok", "Anybody may invite the bot, but it answers only in DISCORD_GUILDS.")
    what = ["Anybody may invite this bot into their own Discord server, and you pay for its answers there."]
    if servers:
        what.append(f"It is in {_some([_name(one) for one in servers])}.")
    cure = f"At {PORTAL}: Installation, Install Link: None; then Bot, Public Bot: off."
    return Check(INVITE, "warn", " ".join(what), " ".join(["Name your servers in DISCORD_GUILDS.", cure]))


def _permitted(guilds: list[dict[str, Any]], application: str) -> Check:
    """By the bot's roles there; what single channels forbid is not told without reading each of them."""
    if not guilds:
        return Check(
            PERMISSIONS, "warn", "The bot is in no Discord server.", f"Invite it: {invite(application)}"
        )
    lacking = []
    for guild in guilds:
        has = int(guild.get("permissions") or 0)
        missing = [name for name, bit in NEEDED.items() if not has & (bit | ADMINISTRATOR)]
        if missing:
            lacking.append(f"{_name(guild)}: {', '.join(missing)}")
    if not lacking:
        return Check(PERMISSIONS, "ok", f"The bot has its permissions in all its servers ({len(guilds)}).")
    what = f"The bot's roles lack permissions in {_some(lacking)}."
    return Check(
        PERMISSIONS, "warn", what, f"Give them to its role there, or invite it again: {invite(application)}"
    )


def _name(guild: dict[str, Any]) -> str:
    return f"{guild.get('name')} ({guild.get('id')})"


def _some(servers: list[str]) -> str:
    more = f"; and {len(servers) - _MOST} more" if len(servers) > _MOST else ""
    return "; ".join(servers[:_MOST]) + more


async def _get(web: Web, settings: Settings, path: str) -> Answer:
    key = f"Bot {settings.discord_bot_token}"
    return await web.ask("Discord", "GET", f"{settings.discord_api_url.rstrip('/')}{path}", key)


def _refused(answer: Answer) -> Check:
    if answer.status == 401:
        cure = f"Copy the current token from the Bot page of your application ({PORTAL})."
        return Check(TOKEN, "fail", "Discord refuses DISCORD_BOT_TOKEN.", cure)
    if answer.problem:
        cure = "Check the network, and HTTPS_PROXY if there is one."
        return Check(TOKEN, "fail", f"Discord cannot be reached ({answer.problem}).", cure)
    if answer.status == 429 or answer.status >= 500:
        return Check(TOKEN, "warn", f"Discord answers {answer.status}.", "Try it again later.")
    what = f"What answers at DISCORD_API_URL is not Discord (status {answer.status})."
    return Check(TOKEN, "fail", what, "Remove DISCORD_API_URL; Discord's own ends in /api/v10.")
