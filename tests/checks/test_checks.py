"""bots.checks: what is set up wrongly is a value with a cure, whoever does not answer."""

from __future__ import annotations

import asyncio
import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bots.checks import Check, examine, money
from bots.checks.check import finished
from bots.checks.slack import WITHOUT, wanted
from core.settings import Settings
from core.store import assistants
from core.store.database import FILE, Database
from standins.discord import DiscordStandin, Rules

GUILD = "112233445566778899"


@pytest.fixture
def settings(tmp_path, slack, discord, openai) -> Settings:
    """All is well with them; the data directory is not there yet."""
    discord.add_guild(GUILD, "Home")
    discord.make_private()
    return Settings(
        data_dir=tmp_path / "data",
        openai_api_key="sk-standin",
        openai_base_url=openai.base_url,
        slack_bot_token=slack.bot_token,
        slack_app_token=slack.app_token,
        slack_api_url=slack.api_url,
        discord_bot_token=discord.token,
        discord_api_url=discord.api_url,
    )


async def looked(settings: Settings, tmp_path: Path, **overrides: Any) -> dict[str, Check]:
    """What is found, by id, with these settings changed."""
    given = {name: getattr(settings, name) for name in settings.__dataclass_fields__}
    found = await examine(Settings(**given | overrides), env_file=tmp_path / ".env")
    return {check.id: check for check in found}


async def test_when_all_is_well(settings, tmp_path, slack, openai):
    """Everything is ok, or not there yet; it is said who the bot is; no model is asked, nothing written."""
    found = await looked(settings, tmp_path)

    states = {check.state for check in found.values()}
    assert (states, {"ok"}) == ({"ok", "skip"}, states - {"skip"}), found
    assert "@assistant in Standin (T0TEAM0001)" == found["slack.token"].what
    assert {"data.directory", "data.env_file", "data.database"} == {
        id for id, check in found.items() if check.state == "skip"
    }
    assert ([], 0, [".env"]) == (openai.requests, slack.connections, [*map(str, tmp_path.iterdir()), ".env"])


SLACK = [
    ("slack.token", "fail", "invalid_auth", lambda s: s.fail("auth.test", error="invalid_auth")),
    ("slack.token", "warn", "503", lambda s: s.fail("auth.test", status=503)),
    ("slack.token", "fail", "cannot be reached", lambda s: s.fail("auth.test", drop=True)),
    ("slack.scopes", "warn", "files:read (it cannot read files", lambda s: s.scopes.discard("files:read")),
    ("slack.scopes", "fail", "copy the token again", lambda s: s.scopes.discard("users:read")),
    ("slack.scopes", "fail", "chat:write (it cannot answer)", lambda s: s.scopes.discard("chat:write")),
    ("slack.connection", "fail", "connections:write", lambda s: s.api.app_scopes.clear()),
    (
        *("slack.connection", "fail", "Socket Mode is off: turn it on"),
        lambda s: s.fail("apps.connections.open", error="socket_mode_not_enabled"),
    ),
    ("slack.connection", "fail", "SLACK_APP_TOKEN", lambda s: s.revoke("app")),
]


@pytest.mark.parametrize(("id", "state", "said", "wrong"), SLACK)
async def test_slack(settings, tmp_path, slack, id, state, said, wrong):
    wrong(slack)

    check = (await looked(settings, tmp_path))[id]

    assert (state, True) == (check.state, said in check.sentence), check


def test_what_each_scope_costs_is_known():
    """Of all that the manifest asks for."""
    assert 12 <= len(wanted())
    assert set(wanted()) <= set(WITHOUT)


DISCORD = [
    ("discord.token", "fail", "Copy the current token", lambda d: d.revoke(), {}),
    ("discord.token", "fail", "is not Discord (status 404)", lambda d: d.fail("GET", "/users/@me", 404), {}),
    ("discord.invite", "warn", "Public Bot: off", lambda d: setattr(d._world, "public", True), {}),
    ("discord.invite", "warn", f"It is in Home ({GUILD}).", lambda d: setattr(d._world, "public", True), {}),
    (
        *("discord.invite", "ok", "only in DISCORD_GUILDS", lambda d: setattr(d._world, "public", True)),
        {"discord_guilds": (GUILD,)},
    ),
    ("discord.intents", "fail", "Message Content Intent", lambda d: None, {"follow_threads": True}),
    (
        *("discord.permissions", "warn", f"Home ({GUILD}): Read Message History, Attach Files."),
        *(lambda d: d.permit(GUILD, 1 << 10 | 1 << 11 | 1 << 38), {}),
    ),
    ("discord.permissions", "ok", "permissions", lambda d: d.permit(GUILD, 1 << 3), {}),
    ("discord.permissions", "warn", "Invite it: https://", lambda d: d._world.guilds.clear(), {}),
]


@pytest.mark.parametrize(("id", "state", "said", "wrong", "overrides"), DISCORD)
async def test_discord(settings, tmp_path, discord, id, state, said, wrong, overrides):
    wrong(discord)

    check = (await looked(settings, tmp_path, **overrides))[id]

    assert (state, True) == (check.state, said in check.sentence), check


async def test_an_intent_that_is_on(settings, tmp_path):
    async with DiscordStandin(rules=Rules(message_content=True)) as reading:
        there: dict[str, Any] = {"discord_api_url": reading.api_url, "discord_bot_token": reading.token}
        found = await looked(settings, tmp_path, follow_threads=True, **there)

    assert "ok" == found["discord.intents"].state


@pytest.mark.parametrize(
    ("id", "state", "said", "trouble", "overrides"),
    [
        ("model.server", "fail", "OPENAI_API_KEY", {"status": 401, "code": "invalid_api_key"}, {}),
        ("model.server", "fail", "no credit", {"status": 429, "code": "insufficient_quota"}, {}),
        ("model.server", "warn", "later", {"status": 503}, {}),
        ("model.server", "ok", "no list of models", {"status": 404}, {}),
        ("model.server", "fail", "cannot be reached", {}, {"openai_base_url": "http://127.0.0.1:9/v1"}),
        ("model.server", "skip", "OPENAI_API_KEY", {}, {"openai_base_url": "", "openai_api_key": ""}),
        ("model.name", "fail", "has no model gpt-7", {}, {"assistant_model": "gpt-7"}),
        ("model.name", "warn", "gpt-4o ends on", {}, {"assistant_model": "gpt-4o"}),
    ],
)
async def test_the_model_server(settings, tmp_path, openai, id, state, said, trouble, overrides):
    if trouble:
        openai.fail("GET /models", **trouble)

    check = (await looked(settings, tmp_path, **overrides))[id]

    assert (state, True) == (check.state, said in check.sentence), check
    assert [] == [request for request in openai.requests if request.status == 200]


@pytest.mark.parametrize(("path", "cure"), [("", "/v1."), ("/v2", "Check OPENAI_BASE_URL: most servers")])
async def test_an_address_with_no_server(settings, tmp_path, openai, path, cure):
    """Where there is one a step further, its address is told."""
    server = openai.base_url.removesuffix("/v1") + path

    check = (await looked(settings, tmp_path, openai_base_url=server))["model.server"]

    assert "fail" == check.state
    assert check.cure.startswith(f"Set OPENAI_BASE_URL={server}/v1" if not path else cure)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://llm.example.com/v1", "http://"),
        ("https://llm.example.com", "no path"),
        ("http://10.0.0.7:8000/v1", ""),
        ("http://ollama:11434/v1", ""),
        ("http://8.8.8.8/v1", "http://"),
    ],
)
async def test_an_unwise_address(tmp_path, url, said):
    """Nobody is asked here; the port is closed or the name unknown."""
    found = await examine(Settings(data_dir=tmp_path / "data", openai_base_url=url))

    told = [check.what for check in found if check.id == "settings.openai_base_url"]
    assert (1, True) == (len(told), said in told[0]) if said else [] == told


@pytest.mark.parametrize(("features", "states"), [("auto", ["warn"]), ("full", [])])
async def test_a_hosted_tool_that_the_server_has_not(tmp_path, features, states):
    """It is left out of every request, which nobody would be told otherwise."""
    settings = Settings(
        data_dir=tmp_path / "data",
        openai_base_url="http://10.0.0.7:8000/v1",
        openai_features=features,
        assistant_tools=("clock", "web-search"),
    )
    found = [one for one in await examine(settings) if one.id == "settings.assistant_tools"]

    assert states == [one.state for one in found]
    assert all("web-search" in one.what and "OPENAI_FEATURES" in one.cure for one in found)


async def test_problems_and_remarks_of_settings(tmp_path):
    """Each is a check, by its setting; the first sentence says what, the others how."""
    problems, remarks = ["LOG_LEVEL=loud is not known. Use DEBUG."], ["SLACK_KEY is no setting."]
    given = Settings(data_dir=tmp_path, slack_app_token="xapp-1")
    wrong, missing, unread, *_ = await examine(given, problems=problems, remarks=remarks, connecting=False)

    assert Check("settings.log_level", "fail", "LOG_LEVEL=loud is not known.", "Use DEBUG.") == wrong
    assert ("settings.slack_bot_token", "fail") == (missing.id, missing.state)
    assert ("settings.openai_api_key", "fail") == (unread.id, unread.state)


async def test_what_has_no_price_under_a_limit(settings, tmp_path):
    """Of all assistants: what is not asked, and which recordings are not listened to."""
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    db, draws = Database(data / FILE), {"type": "image_generation", "model": "painter"}
    await db(lambda tx: assistants.create(tx, {"name": "A", "model": "mine", "tools": [draws]}, 1.0))
    db.close()
    assert "money.prices" not in await looked(settings, tmp_path)
    found = await money.check(replace(settings, limit_month=5.0))
    assert {("fail", "mine"), ("fail", "painter"), ("warn", "gpt-transcribe")} == {
        (one.state, one.what.split()[4]) for one in found
    }
    price = {"input": 1, "output": 1, "image": 1, "minute": 1}
    known = {"mine": price, "painter": price, "gpt-transcribe": price}
    (tmp_path / "prices.json").write_text(json.dumps(known))
    paid = replace(settings, limit_month=5.0, prices_file=str(tmp_path / "prices.json"))
    assert ["ok"] == [one.state for one in await money.check(paid)]


@pytest.mark.promise("K3")
async def test_files_that_others_can_read(settings, tmp_path):
    """Of the machine, or of the repository."""
    settings.data_dir.mkdir(mode=0o755)
    (tmp_path / ".env").write_text("OPENAI_API_KEY=sk-1\n")
    (tmp_path / ".env").chmod(0o644)
    open_to_all = await looked(settings, tmp_path)
    for command in (["init", "-q"], ["add", ".env"]):
        await asyncio.to_thread(subprocess.run, ["git", *command], cwd=tmp_path, check=True)
    (tmp_path / ".env").chmod(0o600)
    settings.data_dir.chmod(0o700)
    tracked = await looked(settings, tmp_path)

    assert [f"chmod 700 {settings.data_dir}", f"chmod 600 {tmp_path / '.env'}"] == [
        open_to_all[id].cure for id in ("data.directory", "data.env_file")
    ]
    assert ("ok", "warn") == (tracked["data.directory"].state, tracked["data.env_file"].state)
    assert "in the git repository" in tracked["data.env_file"].what


async def test_a_damaged_database(settings, tmp_path):
    """It is told with its cure, and nothing in the folder is another."""
    settings.data_dir.mkdir(mode=0o700)
    path = settings.data_dir / "spool.sqlite3"
    Database(path).close()
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"?" * 8192)
    before = sorted(settings.data_dir.iterdir())

    check = (await looked(settings, tmp_path))["data.database"]

    assert ("fail", True) == (check.state, "is damaged" in check.what)
    assert "put a backup in its place" in check.cure
    assert before == sorted(settings.data_dir.iterdir())


@pytest.mark.parametrize(
    ("ahead", "state", "said"), [(30, "ok", ""), (90, "warn", "behind"), (-400, "warn", "ahead")]
)
async def test_the_clock(settings, tmp_path, slack, discord, openai, ahead, state, said):
    """By the service that differs least."""
    slack.api.ahead = ahead
    discord.set_clock(2 * ahead)
    openai.clock.skip(3 * ahead)

    check = (await looked(settings, tmp_path))["clock"]

    assert (state, True) == (check.state, said in check.what), check


@pytest.mark.parametrize(
    ("error", "said"), [(KeyError("U1"), "fault of Spool"), (PermissionError(), "the user Spool runs as")]
)
async def test_a_check_that_breaks_is_a_check(error, said):
    """None keeps the others from being told, or waits for ever."""

    async def broken() -> list[Check]:
        raise error

    (found,) = await finished("x", broken(), 5)
    (late,) = await finished("x", asyncio.sleep(60, []), 0.01)

    assert ("fail", True, "fail") == (found.state, said in found.cure, late.state)
