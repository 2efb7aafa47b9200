"""Slack: who the bot is there, what the app may do, and whether it may connect."""

from __future__ import annotations

import re
from importlib import resources

from bots.checks.check import Check, advised
from bots.checks.web import Answer, Web
from bots.slack.words import CURES, NO_TOKEN, token_refused
from core.settings import Settings

TOKEN, SCOPES, CONNECTION = "slack.token", "slack.scopes", "slack.connection"
REINSTALL = (
    "Add what is missing under OAuth & Permissions, Reinstall to Workspace, then copy the token again."
)
WITHOUT = {
    "app_mentions:read": "it is not told of mentions",
    "assistant:write": "nobody sees that it is thinking",
    "channels:history": "in public channels it hears nothing and cannot read a thread",
    "channels:read": "it does not know what public channels are called",
    "chat:write": "it cannot answer",
    "commands": "there are no commands and no shortcut",
    "files:read": "it cannot read files that people send",
    "files:write": "it cannot show files and pictures",
    "groups:history": "in private channels it hears nothing and cannot read a thread",
    "groups:read": "it does not know what private channels are called",
    "im:history": "it does not hear direct messages",
    "im:write": "it cannot open a direct conversation",
    "mpim:history": "in group conversations it hears nothing",
    "usergroups:read": "it does not know what user groups are called",
    "users:read": "it answers nobody but ACCESS_ALLOW, for it cannot tell members from guests",
}
"""What each scope that is missing costs."""
NEEDED = {"app_mentions:read", "chat:write", "users:read"}
"""Without these there is no answer at all, or to hardly anybody."""
_BOT_SCOPES = re.compile(r"^ +bot:\n((?: +- [\w:.]+\n)+)", re.MULTILINE)


def wanted() -> list[str]:
    """The scopes of the manifest."""
    text = resources.files("bots.slack").joinpath("manifest.yaml").read_text("utf-8")
    found = _BOT_SCOPES.search(text)
    return [line.strip(" -") for line in found[1].splitlines()] if found else []


async def check(settings: Settings, web: Web) -> list[Check]:
    """The bot's token and its scopes."""
    if not settings.slack_bot_token:
        return [Check(TOKEN, "skip", "SLACK_BOT_TOKEN is not set: it is not on Slack.")]
    who = await _call(web, settings, "auth.test", settings.slack_bot_token)
    if refused := _refused(TOKEN, who, "SLACK_BOT_TOKEN"):
        return [refused]
    team = who.fields.get("team_id") or who.fields.get("enterprise_id")
    name = f"@{who.fields.get('user')} in {who.fields.get('team')} ({team})"
    return [Check(TOKEN, "ok", name), _granted(who)]


def _granted(who: Answer) -> Check:
    told = who.headers.get("x-oauth-scopes")
    if told is None:
        return Check(SCOPES, "skip", "Slack does not tell which scopes the app has.")
    granted, scopes = {scope.strip() for scope in told.split(",")}, wanted()
    missing = [scope for scope in scopes if scope not in granted]
    if not missing:
        return Check(SCOPES, "ok", f"The app has all {len(scopes)} scopes of the manifest.")
    costs = "; ".join(f"{one} ({WITHOUT.get(one, 'see docs/setup.md')})" for one in missing)
    what = f"The Slack app lacks {len(missing)} of the manifest's {len(scopes)} scopes: {costs}."
    return Check(SCOPES, "fail" if NEEDED & set(missing) else "warn", what, REINSTALL)


async def connection(settings: Settings, web: Web) -> list[Check]:
    """Whether the app's token may open a connection; none is opened."""
    if not settings.slack_app_token:
        return [Check(CONNECTION, "skip", "SLACK_APP_TOKEN is not set: it is not on Slack.")]
    answer = await _call(web, settings, "apps.connections.open", settings.slack_app_token)
    if refused := _refused(CONNECTION, answer, "SLACK_APP_TOKEN"):
        return [refused]
    return [Check(CONNECTION, "ok", "The app may connect to Slack.")]


async def _call(web: Web, settings: Settings, method: str, token: str) -> Answer:
    return await web.ask("Slack", "POST", f"{settings.slack_api_url.rstrip('/')}/{method}", f"Bearer {token}")


def _refused(id: str, answer: Answer, setting: str) -> Check | None:
    """What Slack says against it, None for nothing."""
    if answer.fields.get("ok") is True:
        return None
    if answer.problem:
        cure = "Check the network, and HTTPS_PROXY if there is one."
        return Check(id, "fail", f"Slack cannot be reached ({answer.problem}).", cure)
    word = answer.fields.get("error")
    if answer.status == 429 or answer.status >= 500:
        return Check(id, "warn", f"Slack answers {answer.status}.", "Try it again later.")
    if not isinstance(word, str):
        what = f"What answers at SLACK_API_URL is not Slack (status {answer.status})."
        return Check(id, "fail", what, "Remove SLACK_API_URL; Slack's own ends in /api/.")
    if word in CURES:
        return Check(id, "fail", f"Slack says {word}.", f"{CURES[word][0].upper()}{CURES[word][1:]}.")
    if word in NO_TOKEN:
        return advised(id, "fail", token_refused(setting, word))
    return Check(id, "fail", f"Slack refuses {setting} ({word[:100]}).")
