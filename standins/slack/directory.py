"""Who is who: auth.test, users.info, bots.info, reactions, and the door to Socket Mode."""

from __future__ import annotations

from collections.abc import Callable

from standins.slack.wire import ApiError, Json, Method, flag, optional
from standins.slack.workspace import Workspace


class Directory:
    """`socket_url` gives a fresh single-use URL for one connection."""

    def __init__(self, workspace: Workspace, socket_url: Callable[[], str]) -> None:
        self._workspace = workspace
        self._socket_url = socket_url

    def methods(self) -> dict[str, Method]:
        reaction = ("channel", "timestamp", "name")
        return {
            "api.test": Method(self.test, (), optional("error foo"), tier=100, token="none"),
            "apps.connections.open": Method(self.connect, tier=20, token="app"),
            "auth.test": Method(self.whoami, tier=600),
            "bots.info": Method(self.bot, (), optional("bot")),
            "users.info": Method(self.user, ("user",), optional("include_locale"), tier=100),
            "reactions.add": Method(self.react, reaction),
            "reactions.remove": Method(self.unreact, reaction, optional("file file_comment"), tier=20),
        }

    def test(self, args: Json) -> Json:
        if args.get("error"):
            raise ApiError(str(args["error"]))
        return {"args": args}

    def connect(self, args: Json) -> Json:
        return {"url": self._socket_url()}

    def whoami(self, args: Json) -> Json:
        who = self._workspace.identity
        return {
            "url": "https://standin.slack.com/",
            "team": who.team_name,
            "user": who.bot_name,
            "team_id": who.team,
            "user_id": who.bot_user,
            "bot_id": who.bot_id,
            "is_enterprise_install": False,
        }

    def bot(self, args: Json) -> Json:
        who = self._workspace.identity
        if args.get("bot", who.bot_id) != who.bot_id:
            raise ApiError("bot_not_found")
        ids = {"id": who.bot_id, "app_id": who.app_id, "user_id": who.bot_user}
        return {"bot": {**ids, "name": who.bot_name, "deleted": False}}

    def user(self, args: Json) -> Json:
        who, user = self._workspace.identity, args["user"]
        person = self._workspace.people.get(user)
        if person is None and user != who.bot_user:
            raise ApiError("user_not_found")
        name = who.bot_name if person is None else user.lower()
        found: Json = {
            "id": user,
            "team_id": who.team,
            "name": name,
            "real_name": name,
            "deleted": False,
            "is_bot": person is None,
            "tz": "Etc/UTC",
            "profile": {"display_name": name, "real_name": name},
        }
        if flag(args.get("include_locale")):
            found["locale"] = person.locale if person else "en-US"
        return {"user": found}

    def react(self, args: Json) -> Json:
        users = self._reacting(args)
        if self._workspace.identity.bot_user in users:
            raise ApiError("already_reacted")
        users.add(self._workspace.identity.bot_user)
        return {}

    def unreact(self, args: Json) -> Json:
        users = self._reacting(args)
        if self._workspace.identity.bot_user not in users:
            raise ApiError("no_reaction")
        users.discard(self._workspace.identity.bot_user)
        return {}

    def _reacting(self, args: Json) -> set[str]:
        message = self._workspace.room(args["channel"]).by_ts.get(args["timestamp"])
        if message is None:
            raise ApiError("message_not_found")
        name = args["name"]
        if not name or not name.replace("_", "").replace("-", "").replace("+", "").isalnum():
            raise ApiError("invalid_name")
        return message.reactions.setdefault(name, set())
