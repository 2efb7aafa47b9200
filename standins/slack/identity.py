"""Who the app is in the workspace, and which tokens are its own."""

from __future__ import annotations

from dataclasses import dataclass, field

SCOPES = (
    "app_mentions:read,assistant:write,chat:write,commands,channels:history,channels:read,groups:history,"
    "groups:read,im:history,im:write,mpim:history,files:read,files:write,reactions:write,usergroups:read,users:read"
)


@dataclass(frozen=True)
class Identity:
    """One app installed in one workspace by single-workspace install (no Enterprise Grid)."""

    team: str = "T0TEAM0001"
    team_name: str = "Standin"
    bot_user: str = "U0BOT00001"
    bot_id: str = "B0BOT00001"
    bot_name: str = "assistant"
    app_id: str = "A0APP00001"
    bot_token: str = field(default="xoxb-1000000000-standin", repr=False)
    app_token: str = field(default="xapp-1-A0APP00001-1000000000-standin", repr=False)
    agent_app: bool = False
    scopes: str = SCOPES

    @property
    def profile(self) -> dict[str, object]:
        """`bot_profile` as it is attached to the messages of the app."""
        ids = {"id": self.bot_id, "app_id": self.app_id, "user_id": self.bot_user, "team_id": self.team}
        return ids | {"name": self.bot_name, "deleted": False}
