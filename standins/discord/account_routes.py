"""REST about the bot itself, its guilds, its commands and the way to the gateway."""

from __future__ import annotations

from standins.discord.command import Commands
from standins.discord.error import JSON, NOT_THIS_APPLICATION, UNKNOWN_USER, ApiError, required
from standins.discord.gateway import Gateway
from standins.discord.request import Ask
from standins.discord.world import World

_CONTENT_ALLOWED = 1 << 19
"""Application flag: the message content intent is switched on, in fewer than 100 servers."""


class AccountRoutes:
    """Handlers; each returns what the reply's JSON is."""

    def __init__(self, world: World, commands: Commands, application_id: str, gateway: Gateway) -> None:
        self._world = world
        self._commands = commands
        self._application_id = application_id
        self._gateway = gateway

    async def me(self, _: Ask) -> JSON:
        return {
            **self._world.bot.payload(),
            "verified": True,
            "mfa_enabled": False,
            "locale": "en-US",
            "flags": 0,
        }

    async def user(self, ask: Ask) -> JSON:
        try:
            return self._world.users[ask.path["user"]].payload()
        except KeyError:
            raise ApiError(*UNKNOWN_USER) from None

    async def application(self, _: Ask) -> JSON:
        bot = self._world.bot
        return {
            "id": self._application_id,
            "name": bot.name,
            "icon": None,
            "description": "",
            "summary": "",
            "bot_public": True,
            "bot_require_code_grant": False,
            "verify_key": "0" * 64,
            "flags": _CONTENT_ALLOWED if bot.reads_all else 0,
            "team": None,
            "interactions_endpoint_url": None,
            "owner": {**bot.payload(), "id": self._application_id, "bot": False},
            "integration_types_config": {"0": {}},
        }

    async def gateway(self, _: Ask) -> JSON:
        return {"url": self._gateway.url}

    async def gateway_bot(self, _: Ask) -> JSON:
        total = self._world.rules.identify_limit
        limit = {
            "total": total,
            "remaining": max(0, total - self._gateway.identifies),
            "reset_after": 86_400_000,
            "max_concurrency": 1,
        }
        return {"url": self._gateway.url, "shards": 1, "session_start_limit": limit}

    async def open_dm(self, ask: Ask) -> JSON:
        recipient = ask.body.get("recipient_id")
        if recipient is None:
            raise required("recipient_id")
        if str(recipient) not in self._world.users:
            raise ApiError(*UNKNOWN_USER)
        return self._world.dm(str(recipient)).payload()

    async def guild(self, ask: Ask) -> JSON:
        return self._world.guild(ask.path["guild"]).payload()

    async def roles(self, ask: Ask) -> list[JSON]:
        return self._world.guild(ask.path["guild"]).roles()

    async def channels(self, ask: Ask) -> list[JSON]:
        return self._world.guild(ask.path["guild"]).arrival()["channels"]  # type: ignore[no-any-return]

    async def commands(self, ask: Ask) -> list[JSON]:
        self._check(ask)
        return self._commands.all

    async def replace_commands(self, ask: Ask) -> list[JSON]:
        self._check(ask)
        return self._commands.replace(ask.body)

    def _check(self, ask: Ask) -> None:
        if ask.path["application"] != self._application_id:
            raise ApiError(*NOT_THIS_APPLICATION)
