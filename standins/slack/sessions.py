"""The assistant's status line and agent sessions.

Source: docs.slack.dev/reference/methods/assistant.threads.setStatus and agents.sessions.setStatus.
"""

from __future__ import annotations

from dataclasses import dataclass

from standins.slack.wire import Json, refuse
from standins.slack.workspace import Workspace

STATUSES = ("processing", "active", "suspended", "closed")


@dataclass(frozen=True)
class Sessions:
    workspace: Workspace

    def set_status(self, args: Json) -> Json:
        room = self.workspace.room(args["channel_id"])
        refuse(room.refusal, room.refusal)
        refuse(args["thread_ts"] not in room.by_ts, "invalid_thread_ts")
        loading = args.get("loading_messages", [])
        refuse(
            len(loading.split(",") if isinstance(loading, str) else loading) > 10,
            "invalid_arguments",
            "no more than 10 items allowed: loading_messages",
        )
        self.workspace.statuses.set(room.id, args["thread_ts"], args["status"])
        return {}

    def set_session(self, args: Json) -> Json:
        refuse(not self.workspace.identity.agent_app, "not_agent_app")
        room = self.workspace.room(args["channel_id"])
        thread_ts = args.get("thread_ts", "")
        refuse(thread_ts and thread_ts not in room.by_ts, "invalid_thread_ts")
        refuse(args["status"] not in STATUSES or len(args.get("title", "")) > 200, "invalid_arguments")
        self.workspace.statuses.sessions[room.id, thread_ts] = args["status"]
        return {}
