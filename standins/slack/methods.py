"""One table of the Web API's methods: what does them, their arguments, limits, tokens and scopes.

Source: docs.slack.dev/reference/methods and slack_sdk 3.47.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from standins.slack.chat import Chat
from standins.slack.conversations import Conversations, Directory
from standins.slack.files import Files
from standins.slack.streams import Sessions, Streams
from standins.slack.views import Views
from standins.slack.wire import Json, refuse

# Arguments that must be strings wherever they are given; those that a form carries as JSON: wire.STRUCTURED.
_STRINGS = (
    "channel channel_id ts thread_ts message_ts timestamp oldest latest cursor text markdown_text status "
    "title name initial_comment file filename alt_txt snippet_type user recipient_user_id recipient_team_id"
)
STRINGS = frozenset(_STRINGS.split())
_ICON = "icon_emoji icon_url username"
_LOOK = f"as_user {_ICON} link_names parse"
_BODY = "text blocks attachments markdown_text"
_PAGE = "cursor inclusive include_all_metadata latest limit oldest"
_POST = f"{_BODY} {_LOOK} thread_ts reply_broadcast unfurl_links unfurl_media mrkdwn metadata client_msg_id"
_START = f"markdown_text chunks recipient_user_id recipient_team_id task_display_mode {_ICON}"
_UPDATE = f"{_BODY} as_user link_names parse reply_broadcast metadata file_ids"


@dataclass(frozen=True)
class Method:
    """One Web API method. `run` gets decoded arguments and returns the body without `ok`. required, optional:
    names of arguments. `tier`: calls a minute for the workspace; 0 is a rule of its own (`api.RateLimits`).
    `scope`: what the app must have been granted, '' where the stand-in does not look.
    """

    run: Callable[[Json], Json]
    required: str = ""
    optional: str = ""
    tier: int = 50
    scope: str = ""
    token: Literal["bot", "app"] = "bot"

    def ignored(self, args: Json) -> tuple[str, ...]:
        """Arguments the method does not have. Slack passes over them in silence."""
        known = f"token team_id {self.required} {self.optional}".split()
        return tuple(sorted(set(args).difference(known)))

    def check(self, args: Json) -> None:
        missing = [name for name in self.required.split() if args.get(name) is None]
        refuse(missing, "invalid_arguments", *(f"missing required field: {name}" for name in missing))
        wrong = [name for name in args if name in STRINGS and not isinstance(args[name], str)]
        refuse(wrong, "invalid_arguments", *(f"must be a string: {name}" for name in wrong))


def of_messages(chat: Chat, streams: Streams, sessions: Sessions, views: Views) -> dict[str, Method]:
    status = f"loading_messages {_ICON}"
    session = f"thread_ts title initiator_user_id {_ICON}"
    stop, write = "markdown_text chunks blocks metadata session_status", "chat:write"
    return {
        "chat.postMessage": Method(chat.post, "channel", f"{_POST} container_id", 0, write),
        "chat.postEphemeral": Method(chat.whisper, "channel user", f"{_BODY} {_LOOK} thread_ts", 100, write),
        "chat.update": Method(chat.update, "channel ts", _UPDATE, scope=write),
        "chat.delete": Method(chat.delete, "channel ts", "as_user", scope=write),
        "chat.startStream": Method(streams.start, "channel thread_ts", _START, 20, write),
        "chat.appendStream": Method(streams.append, "channel ts", "markdown_text chunks", 100, write),
        "chat.stopStream": Method(streams.stop, "channel ts", stop, 20, write),
        "assistant.threads.setStatus": Method(
            sessions.set_status, "channel_id thread_ts status", status, 600
        ),
        "views.open": Method(views.open, "view", "trigger_id interactivity_pointer", 100),
        "agents.sessions.setStatus": Method(sessions.set_session, "channel_id status", session),
    }


def of_workspace(files: Files, conversations: Conversations, directory: Directory) -> dict[str, Method]:
    write = "files:write"
    complete = "channel_id channels initial_comment thread_ts blocks"
    return {
        "files.getUploadURLExternal": Method(
            files.begin, "filename length", "alt_txt snippet_type", 100, write
        ),
        "files.completeUploadExternal": Method(files.complete, "files", complete, 100, write),
        "files.info": Method(files.info, "file", "count cursor limit page", 100, "files:read"),
        "files.delete": Method(files.delete, "file", scope=write),
        "conversations.replies": Method(conversations.replies, "channel ts", _PAGE),
        "conversations.history": Method(conversations.history, "channel", _PAGE),
        "apps.connections.open": Method(directory.connect, tier=20, scope="connections:write", token="app"),
        "auth.test": Method(directory.whoami, tier=600),
        "users.info": Method(directory.user, "user", "include_locale", 100, "users:read"),
        "conversations.open": Method(
            conversations.open, "", "users channel return_im prevent_creation", scope="im:write"
        ),
        "conversations.info": Method(directory.channel, "channel", "include_locale include_num_members"),
        "bots.info": Method(directory.bot, "", "bot", scope="users:read"),
        "usergroups.list": Method(
            directory.groups, "", "include_count include_disabled include_users", 20, "usergroups:read"
        ),
    }
