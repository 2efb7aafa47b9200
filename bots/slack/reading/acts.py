"""What somebody does in Slack, as the rules about people see it: pure functions over its payloads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bots.intake.said import Said
from bots.slack.reading.events import Us, id_of
from core.policy.access import Act, Kind
from core.types import Standing

EXTERNAL = Standing(external=True)


def of_message(message: Mapping[str, Any], said: Said, us: Us) -> Act:
    """That a message was written, or (`said.changed`) edited."""
    told = message.get("message") if said.changed else message
    inner: Mapping[str, Any] = told if isinstance(told, Mapping) else {}
    found = inner.get("bot_profile")
    profile: Mapping[str, Any] = found if isinstance(found, Mapping) else {}
    apps = (inner.get("bot_id"), inner.get("app_id"), profile.get("id"), profile.get("app_id"))
    team = _team(*(inner.get(key) for key in ("user_team", "source_team", "team")))
    direct, person = said.address.direct, said.by == "person" and not said.app
    asked: Kind = "direct" if direct else "mention" if said.to == "us" else "follow_up"
    return Act(
        "edit" if said.changed else asked,
        "slack",
        said.user,
        said.address.channel,
        workspace=us.team,
        team=team,
        by="person" if person else "workflow" if profile.get("is_workflow_bot") else "app",
        apps=tuple(dict.fromkeys(one for one in apps if isinstance(one, str))),
        direct=direct,
        standing=_standing(team, us),
    )


def of_interaction(kind: Kind, body: Mapping[str, Any], us: Us) -> Act:
    """That somebody used a command, a shortcut, a button, a form, or Slack's own Stop."""
    user: Any = body.get("user") or body.get("user_id")
    place: Any = body.get("channel") or body.get("channel_id")
    team = body.get("team_id")
    if isinstance(user, Mapping):
        user, team = user.get("id"), user.get("team_id")
    person, channel = id_of(user), id_of(place.get("id") if isinstance(place, Mapping) else place)
    team = _team(team)
    standing = _standing(team, us)
    return Act(kind, "slack", person, channel, workspace=us.team, team=team, standing=standing)


def _team(*told: object) -> str:
    """The workspace of who did it, as far as Slack says; an enterprise (E…) only where no team is told."""
    teams = [one for one in told if isinstance(one, str) and one]
    return next((one for one in teams if one.startswith("T")), teams[0] if teams else "")


def _standing(team: str, us: Us) -> Standing | None:
    """What the team tells: somebody of another company. In an enterprise of many it tells nothing alone."""
    colleague = team in ("", us.team, us.enterprise) or (us.enterprise and team.startswith("T"))
    return None if colleague else EXTERNAL
