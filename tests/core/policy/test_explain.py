"""core.policy.explain: what is in force for one person in one place, and where each of it comes from."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.assistants.of_settings import settings_assistant
from core.policy.explain import in_force, seen
from core.settings import Settings
from core.store import assistants, messages, threads
from core.store.database import Database
from core.types import Address, Standing, function_tool
from tests.core.fakes import message
from tests.fresh import fresh

SAID = {"C1": Address("slack", "T1", "C1", "1.0"), "21": Address("discord", "10", "21", "21")}


def told(folder: Path, person: str, place: str, standing: Standing | None = None, **settings: Any) -> Any:
    """Of a database in which C1 and 21, a thread of channel 20, were spoken in; HelpBot answers there."""
    config = Settings(**{name: value for name, value in settings.items() if name != "audience"})
    tools = [function_tool("f"), {"type": "web_search"}]
    fields = {"name": "HelpBot", "model": "m", "tools": tools, "audience": settings.get("audience")}

    def work(tx: Any) -> Any:
        assistants.settle(tx, settings_assistant(config), 1.0)
        helper = assistants.create(tx, fields, 1.0)
        for where in ("slack", "C1"), ("discord", "20"):
            assistants.assign(tx, *where, helper.id)
        for number, address in enumerate(SAID.values(), start=1):
            one = message(str(number), address=address, parent="20" if number == 2 else "")
            messages.add(tx, one, threads.find_or_create(tx, address, "U1", "user", 1.0), None)
        return in_force(tx, config, replace(seen(tx, person, place), standing=standing))

    folder.mkdir(exist_ok=True)
    db = Database(fresh(folder / "spool.sqlite3"))
    try:
        return json.loads(json.dumps(asyncio.run(_done(db, work))))
    finally:
        db.close()


async def _done(db: Database, work: Any) -> Any:
    return await db(work)


GUEST = Standing(guest=True)


@pytest.mark.promise("A1")
@pytest.mark.parametrize(
    ("asked", "settings", "expected"),
    [
        (("slack:U1", "slack:C1"), {}, (True, "workspace", "default", True)),
        (("slack:U1", "slack:C1", Standing()), {}, (True, "workspace", "default", False)),
        (("slack:U1", "slack:C1", GUEST), {}, (False, "guests", "default", False)),
        (
            ("slack:U1", "slack:C1", GUEST),
            {"access_guests": ("slack:T1",)},
            (True, "guests", "ACCESS_GUESTS"),
        ),
        (("slack:U1", "slack:C9"), {"access_deny": ("slack:T1",)}, (False, "deny", "ACCESS_DENY")),
        (("slack:U1", "slack:C1"), {"audience": ["slack:U2"]}, (False, "audience")),
        (("slack:U1", "slack:C1"), {"audience": ["slack:U1"]}, (True, "workspace")),
        (("slack:U1", "slack:C9"), {"audience": ["slack:U2"]}, (True, "workspace")),
        (("slack:U1", "slack:C1"), {"audience": ["admins"], "admins": ("U1",)}, (True, "workspace")),
        (("discord:1", "discord:21"), {"access_deny": ("discord:20",)}, (False, "deny", "ACCESS_DENY")),
        (("discord:1", "discord:21"), {"discord_guilds": ("10",)}, (True, "server", "DISCORD_GUILDS", False)),
        (("discord:1", "discord:21"), {"discord_guilds": ("11",)}, (False, "server", "DISCORD_GUILDS")),
        (("discord:1", "discord:99"), {"discord_guilds": ("10",)}, (True, "server", "DISCORD_GUILDS", True)),
    ],
)
def test_who_is_answered_and_why(tmp_path, asked, settings, expected):
    """By the same rules as at the door, the audience of who answers there last."""
    found = told(tmp_path, *asked, **settings)
    assert (
        expected == tuple(found[name] for name in ("allowed", "rule", "source", "assumed"))[: len(expected)]
    )


@pytest.mark.parametrize(
    ("asked", "name", "source"),
    [
        (("slack:U1", "slack:C1"), "HelpBot", "slack:C1"),
        (("discord:1", "discord:21"), "HelpBot", "discord:20"),
        (("slack:U1", "slack:C9"), "Assistant", "settings"),
    ],
)
def test_who_answers_and_where_that_comes_from(tmp_path, asked, name, source):
    found = told(tmp_path, *asked)["assistant"]
    assert (name, source) == (found["name"], found["source"])


def test_limits_scope_and_tools(tmp_path):
    """With the setting where one was changed."""
    found = told(tmp_path, "slack:U1", "slack:D1", limit_open=5, dm_scope="person-topic")
    assert ("person-topic", "DM_SCOPE") == (found["scope"], found["scope_source"])
    limits = {one["name"]: (one["value"], one["source"]) for one in found["limits"]}
    assert ((5, "LIMIT_OPEN"), (20, "default")) == (limits["LIMIT_OPEN"], limits["LIMIT_PERSON_MINUTE"])
    assert ["f", "web_search"] == told(tmp_path / "2", "slack:U1", "slack:C1")["tools"]
