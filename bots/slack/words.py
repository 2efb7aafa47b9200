"""Slack's words for what it refuses, and what an operator can do about each. Needs no SDK."""

from __future__ import annotations

from typing import Final

REVOKED: Final = {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"}
"""A token that is none any more."""
NO_TOKEN: Final = REVOKED | {"not_allowed_token_type"}
"""Or that is another one's, too."""
_OFF = "Socket Mode is off: turn it on at https://api.slack.com/apps, under Socket Mode"
_SCOPE = (
    "the app-level token may not open connections: generate one with the scope connections:write under "
    "Basic Information, App-Level Tokens, and put it into SLACK_APP_TOKEN"
)
PERMANENT: Final = {
    "link_disabled": _OFF,
    "socket_mode_not_enabled": _OFF,
    "socket_mode_disabled": _OFF,
    "missing_scope": _SCOPE,
    "no_permission": _SCOPE,
}
"""Slack's words for what only a person can change → how."""
CURES: Final = {
    **PERMANENT,
    "too_many_websockets": "as many connections of this app are open as there may be (10): stop other copies",
}
"""What is told in place of a connection."""
_POSTING = "Not everybody may post there: let the bot, in the channel's settings, Posting permissions."
POSTING_CURES: Final = {
    "channel_not_found": "The bot cannot see the channel: /invite it there.",
    "not_in_channel": "The bot is not in the channel: /invite it there.",
    "is_archived": "The channel is archived: unarchive it.",
    "messages_tab_disabled": "Turn the Messages Tab on, under App Home of your app.",
    "restricted_action": _POSTING,
    "restricted_action_read_only_channel": _POSTING,
    "restricted_action_thread_only_channel": _POSTING,
    "restricted_action_non_threadable_channel": _POSTING,
    "restricted_action_thread_locked": "The thread is locked: unlock it.",
    "team_access_not_granted": "An admin of the workspace must let the app in.",
    "user_disabled": "This person's account is deactivated.",
}
"""What an operator can do where a post is refused."""


def token_refused(setting: str, word: str) -> str:
    """What to say of a token that Slack does not take."""
    cure = "Copy the current token from https://api.slack.com/apps into the settings."
    if word == "token_expired":
        cure = (
            "With token rotation it lasts 12 hours: make the app anew from the manifest, which has that off."
        )
    return f"Slack refused {setting} ({word}). {cure}"
