"""The assistant's status line and agent sessions.

Source: docs.slack.dev/reference/methods/assistant.threads.setStatus and agents.sessions.setStatus.
"""

from __future__ import annotations

from standins.slack.status import StatusBoard
from standins.slack.wire import ApiError, Json, Method, optional
from standins.slack.workspace import Workspace

STATUSES = ("processing", "active", "suspended", "closed")
_LOOK = "icon_emoji icon_url username"


class Sessions:
    def __init__(self, workspace: Workspace, statuses: StatusBoard) -> None:
        self._workspace = workspace
        self._statuses = statuses

    def methods(self) -> dict[str, Method]:
        status = Method(
            self.set_status,
            ("channel_id", "thread_ts", "status"),
            optional(f"loading_messages {_LOOK}"),
            tier=600,
        )
        session = Method(
            self.set_session,
            ("channel_id", "status"),
            optional(f"thread_ts title initiator_user_id {_LOOK}"),
        )
        return {"assistant.threads.setStatus": status, "agents.sessions.setStatus": session}

    def set_status(self, args: Json) -> Json:
        room = self._workspace.room(args["channel_id"])
        if room.refusal:
            raise ApiError(room.refusal)
        if args["thread_ts"] not in room.by_ts:
            raise ApiError("invalid_thread_ts")
        loading = args.get("loading_messages", [])
        if len(loading.split(",") if isinstance(loading, str) else loading) > 10:
            raise ApiError("invalid_arguments", "no more than 10 items allowed: loading_messages")
        self._statuses.set(room.id, args["thread_ts"], args["status"])
        return {}

    def set_session(self, args: Json) -> Json:
        if not self._workspace.identity.agent_app:
            raise ApiError("not_agent_app")
        room = self._workspace.room(args["channel_id"])
        thread_ts = args.get("thread_ts", "")
        if thread_ts and thread_ts not in room.by_ts:
            raise ApiError("invalid_thread_ts")
        if args["status"] not in STATUSES or len(args.get("title", "")) > 200:
            raise ApiError("invalid_arguments")
        self._statuses.sessions[room.id, thread_ts] = args["status"]
        return {}
