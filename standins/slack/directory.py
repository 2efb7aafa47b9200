"""Who is who: auth.test, users.info, bots.info, reactions, and the door to Socket Mode."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from standins.slack.wire import ApiError, Json, flag, refuse
from standins.slack.workspace import Workspace


@dataclass(frozen=True)
class Directory:
    """`socket_url` gives a fresh single-use URL for one connection."""

    workspace: Workspace
    socket_url: Callable[[], str]

    def test(self, args: Json) -> Json:
        refuse(args.get("error"), str(args.get("error")))
        return {"args": args}

    def connect(self, args: Json) -> Json:
        return {"url": self.socket_url()}

    def whoami(self, args: Json) -> Json:
        who = self.workspace.identity
        names = {"team": who.team_name, "user": who.bot_name, "url": "https://standin.slack.com/"}
        ids = {"team_id": who.team, "user_id": who.bot_user, "bot_id": who.bot_id}
        return names | ids | {"is_enterprise_install": False}

    def bot(self, args: Json) -> Json:
        who = self.workspace.identity
        bot, apps = args.get("bot", who.bot_id), self.workspace.apps
        if bot in apps:
            return {"bot": {"id": bot, "name": apps[bot], "deleted": False}}
        refuse(bot != who.bot_id, "bot_not_found")
        ids = {"id": who.bot_id, "app_id": who.app_id, "user_id": who.bot_user}
        return {"bot": {**ids, "name": who.bot_name, "deleted": False}}

    def groups(self, args: Json) -> Json:
        told = self.workspace.groups.items()
        return {"usergroups": [{"id": id, "handle": handle, "name": handle} for id, handle in told]}

    def user(self, args: Json) -> Json:
        who, user = self.workspace.identity, args["user"]
        person = self.workspace.people.get(user)
        refuse(person is None and user != who.bot_user, "user_not_found")
        name = who.bot_name if person is None else user.lower()
        shown = person.name if person else name
        profile = {"display_name": shown, "real_name": shown or name}
        found: Json = {"id": user, "team_id": who.team, "name": name, "real_name": name, "profile": profile}
        found |= {"deleted": False, "is_bot": person is None, "tz": person.zone if person else "Etc/UTC"}
        if flag(args.get("include_locale")):
            found["locale"] = person.locale if person else "en-US"
        return {"user": found}

    def react(self, args: Json) -> Json:
        users = self._reacting(args)
        refuse(self.workspace.identity.bot_user in users, "already_reacted")
        users.add(self.workspace.identity.bot_user)
        return {}

    def unreact(self, args: Json) -> Json:
        users = self._reacting(args)
        refuse(self.workspace.identity.bot_user not in users, "no_reaction")
        users.discard(self.workspace.identity.bot_user)
        return {}

    def _reacting(self, args: Json) -> set[str]:
        message = self.workspace.room(args["channel"]).by_ts.get(args["timestamp"])
        if message is None:
            raise ApiError("message_not_found")
        name = args["name"]
        refuse(
            not name or not name.replace("_", "").replace("-", "").replace("+", "").isalnum(), "invalid_name"
        )
        return message.reactions.setdefault(name, set())
