"""Settings: every one is a line of `.env.example`; all that is wrong is said at once, with its cure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from core.errors import ConfigError
from core.settings import time_zone
from core.settings.copied import unlike_a_key, unlike_a_server
from core.settings.http import SERVED, wrong_http
from core.settings.limits import Dollars, Most
from core.settings.otel import ENDPOINTS, wrong_otel
from core.settings.readers import reader

OPENAI_HOST = "api.openai.com"
INSTRUCTIONS = (
    "You are {name}, a helpful assistant in a team chat. Answer in the language you are asked in, "
    "get to the point, and use Markdown."
)


@dataclass(frozen=True, slots=True)
class Settings:
    """The values of one process. Secrets stay out of `repr`. Empty means not set."""

    openai_api_key: str = field(default="", repr=False)
    openai_base_url: str = ""
    openai_features: Literal["auto", "full", "portable"] = "auto"
    openai_background: bool = False
    assistant_name: str = "Assistant"
    assistant_instructions: str = ""
    assistant_model: str = "gpt-6-luna"
    assistant_effort: Literal["none", "low", "medium", "high", "xhigh", "max"] = "none"
    assistant_tools: tuple[str, ...] = ()
    self_knowledge: bool = True
    tz: str = ""
    transcription_model: str = "gpt-transcribe"
    tools_dir: str = ""
    tool_seconds: int = 30
    mcp_hosts: tuple[str, ...] = ()
    admins: tuple[str, ...] = ()
    access_allow: tuple[str, ...] = ()
    access_deny: tuple[str, ...] = ()
    access_guests: tuple[str, ...] = ()
    access_external: tuple[str, ...] = ()
    access_bots: tuple[str, ...] = ()
    discord_guilds: tuple[str, ...] = ()
    slack_bot_token: str = field(default="", repr=False)
    slack_app_token: str = field(default="", repr=False)
    slack_api_url: str = "https://slack.com/api/"
    discord_bot_token: str = field(default="", repr=False)
    discord_api_url: str = "https://discord.com/api/v10"
    discord_gateway_url: str = ""
    http: str = ""
    http_serve: tuple[str, ...] = SERVED
    http_hosts: tuple[str, ...] = ()
    api_upload_mb: int = 512
    api_requests_per_minute: int = 60_000
    api_runs_at_once: int = 256
    otel_exporter_otlp_endpoint: str = ""
    otel_exporter_otlp_traces_endpoint: str = ""
    otel_exporter_otlp_metrics_endpoint: str = ""
    otel_service_name: str = "spool"
    data_dir: Path = Path("./data")
    thread_scope: Literal["user", "person-topic", "topic"] = "user"
    dm_scope: Literal["", "user", "person-topic"] = ""
    while_busy: Literal["queue", "collect"] = "queue"
    follow_threads: bool | None = None
    answer_in: tuple[str, ...] = ()
    limit_person_minute: Most = 20
    limit_place_minute: Most = 60
    limit_open: Most = 20
    limit_person_runs: Most = 3
    limit_runs: Most = 200
    limit_person_day: Dollars = 0.0
    limit_month: Dollars = 0.0
    language: Literal["en", "ko"] = "en"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    history_tokens: int = 24_000
    context_tokens: int = 0
    answer_characters: int = 40_000
    answer_buttons: bool = True
    feedback: bool = False
    link_gate: Literal["show", "strict", "open"] = "show"
    prices_file: str = ""
    file_megabytes: int = 20
    files_per_message: int = 8
    catch_up_seconds: int = 3600
    retention_days: int = 0
    tenant_grace_days: int = 0
    model_idle_seconds: int = 60
    run_seconds: int = 600
    api_run_expiry: int = 600

    @property
    def instructions(self) -> str:
        """What the default assistant is told."""
        return self.assistant_instructions or INSTRUCTIONS.format(name=self.assistant_name)

    @property
    def zone(self) -> str:
        """The time zone of people whose own is not known; other programs write other things into TZ."""
        return self.tz if time_zone.known(self.tz) else time_zone.of_machine()

    @property
    def budget(self) -> int:
        """Tokens a history may have at most: never more than three quarters of the context."""
        return min(self.history_tokens, self.context_tokens * 3 // 4 or self.history_tokens)

    @property
    def tools_directory(self) -> Path:
        """Where the operator's function tools are."""
        return Path(self.tools_dir).expanduser() if self.tools_dir else self.data_dir / "tools"

    @property
    def full_features(self) -> bool:
        """Whether the model server may be asked for more than the portable contract."""
        if self.openai_features == "auto":
            return not self.openai_base_url or urlsplit(self.openai_base_url).hostname == OPENAI_HOST
        return self.openai_features == "full"

    def otel_endpoint(self, signal: Literal["traces", "metrics"]) -> str:
        """Where those are sent; "" for nowhere. The common one is a base."""
        own: str = getattr(self, f"otel_exporter_otlp_{signal}_endpoint")
        base = self.otel_exporter_otlp_endpoint.rstrip("/")
        return own or (base and f"{base}/v1/{signal}")

    @property
    def platforms(self) -> tuple[str, ...]:
        """The platforms whose tokens are set."""
        slack = ("slack",) if self.slack_bot_token or self.slack_app_token else ()
        return slack + (("discord",) if self.discord_bot_token else ())

    def secrets(self) -> tuple[str, ...]:
        """The values that must never reach a log."""
        return tuple(value for item in fields(self) if not item.repr and (value := getattr(self, item.name)))


NAMES = {item.name.upper(): item.name for item in fields(Settings)}
"""Environment name → field; `.env.example` has exactly these."""


_INSTALLED = Path(__file__).parent.with_name("env.example")
EXAMPLE = _INSTALLED if _INSTALLED.exists() else Path(".env.example")
"""The file that explains the settings: a wheel brings it along, in a checkout it is in the root."""
TOKENS = ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "DISCORD_BOT_TOKEN")
"""Whoever sets one of them wants the real bot."""
SOURCES = {
    "OPENAI_API_KEY": "sk-…, from https://platform.openai.com/api-keys",
    "SLACK_BOT_TOKEN": "xoxb-…, from OAuth & Permissions of your Slack app",
    "SLACK_APP_TOKEN": "xapp-…, from Basic Information of your Slack app",
    "DISCORD_BOT_TOKEN": "from the Bot page of your Discord application",
}
"""Where a token is found."""
PROSE = ("ASSISTANT_NAME", "ASSISTANT_INSTRUCTIONS")
"""Settings that may have quotes around them."""
PLATFORMS = ("slack", "discord")
_PLACE = re.compile(r"slack:[CG][A-Z0-9]{2,}|discord:[0-9]{5,20}")
_USER = re.compile(r"(slack:)?[UW][A-Z0-9]+|[0-9]{5,20}|discord:[0-9]{1,20}")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")


def read(
    environ: Mapping[str, str],
    *,
    to_run: Sequence[str] | None = None,
    spool: str = "spool",
    serving: bool = False,
) -> Settings:
    """Settings from the environment. Raises ConfigError with every mistake found.

    `to_run` names the platforms that are to be connected ([]: all whose tokens are set); what these and the
    model need is then asked for too. `spool` is what the person typed, for hints. `serving`: only HTTP is to
    be served, which takes no platform.
    """
    settings, problems = examine(environ)
    if serving:
        problems += _no_model(settings)
    elif to_run is not None:
        problems += _needs(settings, to_run, spool)
    if problems:
        raise ConfigError(*problems)
    return settings


def examine(environ: Mapping[str, str]) -> tuple[Settings, list[str]]:
    """Settings from the environment, and every mistake found: what cannot be read is left at its default."""
    values: dict[str, Any] = {}
    problems: list[str] = []
    for item in fields(Settings):
        name = item.name.upper()
        text = environ.get(name, "").strip()
        if not text:
            continue
        if text[0] in "'\"" and text[-1] == text[0] and name not in PROSE:
            problems.append(f"{name} has quotes around its value. Remove them; only .env may have them.")
            text = text[1:-1]
        try:
            kind = str(item.type)
            values[item.name] = reader(name, kind)(name, text, kind)
        except ValueError as problem:
            problems.append(str(problem))
    settings = Settings(**values)
    return settings, problems + _mistakes(settings)


def needs(settings: Settings) -> list[str]:
    """What the platforms whose tokens are set, and the model, still need; [] where there is no token."""
    return _needs(settings, settings.platforms, "spool") if settings.platforms else []


def _needs(settings: Settings, to_run: Sequence[str], spool: str) -> list[str]:
    problems = [
        f"There is no platform “{name}”. Use slack, discord or both."
        for name in to_run
        if name not in PLATFORMS
    ]
    platforms = to_run or settings.platforms
    if not platforms and not settings.http:
        problems.append(
            "No platform is configured. Set SLACK_BOT_TOKEN and SLACK_APP_TOKEN, or DISCORD_BOT_TOKEN, in "
            f".env (docs/setup.md shows where to get them). `{spool} demo` shows Spool without any account. "
            f"`{spool} serve` serves its API without any chat."
        )
    if "slack" in platforms:
        problems += _missing(settings, "SLACK_BOT_TOKEN") + _missing(settings, "SLACK_APP_TOKEN")
    if "discord" in platforms:
        problems += _missing(settings, "DISCORD_BOT_TOKEN") + _not_discords(settings)
    return problems + _no_model(settings)


def _no_model(settings: Settings) -> list[str]:
    if settings.openai_api_key or settings.openai_base_url:
        return []
    return [
        "OPENAI_API_KEY is not set. Put the key of your OpenAI project there, or set OPENAI_BASE_URL to "
        "a server that speaks the Responses API."
    ]


def _missing(settings: Settings, name: str) -> list[str]:
    return [] if getattr(settings, NAMES[name]) else [f"{name} is not set. Its value is {SOURCES[name]}."]


def _not_discords(settings: Settings) -> list[str]:
    """Discord's own tokens have three parts; what a proxy takes is its own affair."""
    token = settings.discord_bot_token
    if not token or _unfilled(token) or token.count(".") == 2:
        return []
    if settings.discord_api_url.rstrip("/") != Settings().discord_api_url:
        return []
    return [
        "DISCORD_BOT_TOKEN is no bot token: these have three parts with dots between them. Copy the token "
        f"{SOURCES['DISCORD_BOT_TOKEN']}: it is neither the application id nor the client secret."
    ]


def _mistakes(settings: Settings) -> list[str]:
    problems = _tokens(settings) + _placeholders(settings)
    for name in SOURCES:
        value = getattr(settings, NAMES[name])
        problems += [] if _unfilled(value) else unlike_a_key(name, value)
    problems += unlike_a_server("OPENAI_BASE_URL", settings.openai_base_url)
    if settings.openai_background and not settings.full_features:
        problems.append(
            "OPENAI_BACKGROUND=1 needs a server with background responses. Set OPENAI_FEATURES=full if yours "
            "has them, else OPENAI_BACKGROUND=0."
        )
    problems += wrong_http(settings.http, settings.http_serve, settings.http_hosts)
    problems += wrong_otel({name: getattr(settings, NAMES[name]) for name in ENDPOINTS})
    return problems + _shapes(settings)


def _tokens(settings: Settings) -> list[str]:
    """Slack's two, which are easily taken for each other."""
    bot, app = settings.slack_bot_token, settings.slack_app_token
    if bot.startswith("xapp-") and app.startswith("xoxb-"):
        return ["SLACK_BOT_TOKEN and SLACK_APP_TOKEN are swapped: xoxb-… is the bot's, xapp-… the app's."]
    problems = []
    if bot and not bot.startswith("xoxb-"):
        where = "Put this one into SLACK_APP_TOKEN, and copy" if bot.startswith("xapp-") else "Copy"
        problems.append(
            f"SLACK_BOT_TOKEN must start with xoxb-. {where} the “Bot User OAuth Token” of your app."
        )
    if app and not app.startswith("xapp-"):
        where = "Put this one into SLACK_BOT_TOKEN, and create" if app.startswith("xoxb-") else "Create"
        problems.append(
            f"SLACK_APP_TOKEN must start with xapp-. {where} an app-level token with connections:write."
        )
    return problems


def _placeholders(settings: Settings) -> list[str]:
    return [
        f"{name} is still the placeholder of the instructions. Put the real value there: {source}."
        for name, source in SOURCES.items()
        if _unfilled(getattr(settings, NAMES[name]))
    ]


def _unfilled(token: str) -> bool:
    """Whether dots stand where the secret would."""
    return "…" in token or "..." in token


def _shapes(settings: Settings) -> list[str]:
    """Ids and hosts that can never fit anybody or anything."""
    problems = [
        f"ADMINS: {id} is no user id. Slack's are like U0123ABCD (profile, Copy member ID), Discord's are "
        "long numbers (developer mode, Copy User ID)."
        for id in settings.admins
        if not _USER.fullmatch(id)
    ]
    problems += [
        f"ANSWER_IN: {place} is no channel. Write slack:C0123ABCD (the channel's details show its id) or "
        "discord:LONG_NUMBER (developer mode, Copy Channel ID)."
        for place in settings.answer_in
        if not _PLACE.fullmatch(place)
    ]
    for host in settings.mcp_hosts:
        if not _HOST.fullmatch(host):
            alone = (
                urlsplit(host if "//" in host else f"//{host}").netloc.rpartition("@")[2].partition(":")[0]
            )
            cure = f"Write only {alone}" if _HOST.fullmatch(alone) else "Write it like mcp.example.com"
            problems.append(f"MCP_HOSTS: {host} is no host. {cure}, without https://, port and path.")
    return problems
