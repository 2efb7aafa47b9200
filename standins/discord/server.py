"""The one listening port: REST under /api/v10, attachments, and the gateway at the root."""

from __future__ import annotations

import asyncio

from aiohttp import web

from standins.discord.account_routes import AccountRoutes
from standins.discord.bucket import MESSAGE, MESSAGES
from standins.discord.cdn import ROUTE as CDN
from standins.discord.error import METHOD_NOT_ALLOWED, NOT_FOUND, ApiError
from standins.discord.gateway import Gateway
from standins.discord.interaction_routes import InteractionRoutes
from standins.discord.message_routes import MessageRoutes
from standins.discord.request import REQUEST_LIMIT, Ask, Handler
from standins.discord.rest import BASE, Rest
from standins.discord.world import World

HOST = "127.0.0.1"
_HOOK = "/webhooks/{application}/{token}"


class Server:
    """Listens on one port, which stays the same over `pause` and `go_on`."""

    def __init__(self, app: web.Application, port: int) -> None:
        self.port = port
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        self._site: web.TCPSite | None = None

    async def start(self) -> None:
        await self._runner.setup()
        await self.go_on()

    async def go_on(self) -> None:
        if self._site is None:
            self._site = web.TCPSite(self._runner, HOST, self.port)
            await self._site.start()
            self.port = self._runner.addresses[0][1]

    async def pause(self) -> None:
        """Stop listening and cut every connection."""
        if self._site is not None:
            site, self._site = self._site, None
            self._cut()
            await site.stop()
            await asyncio.sleep(0)
            self._cut()

    async def stop(self) -> None:
        await self.pause()
        await self._runner.cleanup()

    def _cut(self) -> None:
        server = self._runner.server
        for handler in server.connections if isinstance(server, web.Server) else ():
            if handler.transport is not None:
                handler.transport.abort()


def build_app(
    rest: Rest,
    gateway: Gateway,
    world: World,
    messages: MessageRoutes,
    account: AccountRoutes,
    interactions: InteractionRoutes,
) -> web.Application:
    """All routes."""
    app = web.Application(client_max_size=REQUEST_LIMIT)
    routes = {**_account(account), **_messages(messages), **_interactions(interactions)}
    for (method, template), handler in routes.items():
        app.router.add_route(method, BASE + template, rest.wrap(template, handler))
    for path in ("/", "/resume/"):
        app.router.add_get(path, gateway.serve)
    app.router.add_get(CDN, world.cdn.serve, allow_head=False)
    known = {template for _, template in routes}
    for template in known:
        app.router.add_route("*", BASE + template, rest.wrap(template, _wrong_method))
    app.router.add_route("*", BASE + "/{rest:.*}", rest.wrap("", _nowhere))
    return app


def _messages(routes: MessageRoutes) -> dict[tuple[str, str], Handler]:
    return {
        ("POST", MESSAGES): routes.create,
        ("GET", MESSAGES): routes.page,
        ("GET", MESSAGE): routes.get,
        ("PATCH", MESSAGE): routes.edit,
        ("DELETE", MESSAGE): routes.delete,
        ("POST", "/channels/{channel}/typing"): routes.type,
        ("GET", "/channels/{channel}"): routes.channel,
        ("PATCH", "/channels/{channel}"): routes.change,
    }


def _account(routes: AccountRoutes) -> dict[tuple[str, str], Handler]:
    return {
        ("GET", "/users/@me"): routes.me,
        ("GET", "/users/{user}"): routes.user,
        ("POST", "/users/@me/channels"): routes.open_dm,
        ("GET", "/oauth2/applications/@me"): routes.application,
        ("GET", "/applications/@me"): routes.application,
        ("GET", "/applications/{application}/commands"): routes.commands,
        ("PUT", "/applications/{application}/commands"): routes.replace_commands,
        ("GET", "/gateway"): routes.gateway,
        ("GET", "/gateway/bot"): routes.gateway_bot,
        ("GET", "/guilds/{guild}"): routes.guild,
        ("GET", "/guilds/{guild}/roles"): routes.roles,
        ("GET", "/guilds/{guild}/channels"): routes.channels,
    }


def _interactions(routes: InteractionRoutes) -> dict[tuple[str, str], Handler]:
    return {
        ("POST", "/interactions/{interaction}/{token}/callback"): routes.callback,
        ("POST", _HOOK): routes.follow_up,
        ("GET", _HOOK + "/messages/{message}"): routes.get,
        ("PATCH", _HOOK + "/messages/{message}"): routes.edit,
        ("DELETE", _HOOK + "/messages/{message}"): routes.delete,
    }


async def _nowhere(_: Ask) -> None:
    raise ApiError(*NOT_FOUND)


async def _wrong_method(_: Ask) -> None:
    raise ApiError(*METHOD_NOT_ALLOWED)
