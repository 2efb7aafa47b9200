"""core.policy.explain: what is in force for one person in one place, and where each of it comes from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.assistants.of_settings import settings_assistant
from core.policy.explain import in_force, seen
from core.settings import Settings
from core.store import assistants, messages, threads
from core.store.database import Database
from core.types import Address, Standing
from tests.core.fakes import message
from tests.fresh import fresh

SAID = {"": Address("slack", "T1", "C1", "1.0"), "20": Address("discord", "10", "21", "21")}
GUEST = Standing(guest=True)


async def told(folder: Path, person: str, place: str, standing: Any = None, **settings: Any) -> Any:
    """Of a database in which C1 and 21, a thread of channel 20, were spoken in; HelpBot answers there."""
    audience = settings.pop("audience", None)
    config = Settings(**settings)

    def work(tx: Any) -> Any:
        assistants.settle(tx, settings_assistant(config), 1.0)
        helper = assistants.create(tx, {"name": "HelpBot", "model": "m", "audience": audience}, 1.0)
        for where in ("slack", "C1"), ("discord", "20"):
            assistants.assign(tx, *where, helper.id)
        for parent, address in SAID.items():
            thread = threads.find_or_create(tx, address, "U1", "user", 1.0)
            messages.add(tx, message("1", address=address, parent=parent), thread, None)
        return in_force(tx, config, replace(seen(tx, person, place), standing=standing))

    db = Database(fresh(folder / "spool.sqlite3"))
    try:
        return await db(work)
    finally:
        db.close()


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
        (("slack:U1", "slack:C9"), {"audience": ["slack:U2"]}, (True, "workspace")),
        (("slack:U1", "slack:C1"), {"audience": ["admins"], "admins": ("U1",)}, (True, "workspace")),
        (("discord:1", "discord:21"), {"access_deny": ("discord:20",)}, (False, "deny", "ACCESS_DENY")),
        (("discord:1", "discord:21"), {"discord_guilds": ("10",)}, (True, "server", "DISCORD_GUILDS", False)),
        (("discord:1", "discord:21"), {"discord_guilds": ("11",)}, (False, "server", "DISCORD_GUILDS")),
        (("discord:1", "discord:99"), {"discord_guilds": ("10",)}, (True, "server", "DISCORD_GUILDS", True)),
    ],
)
async def test_who_is_answered_and_why(tmp_path, asked, settings, expected):
    """By the same rules as at the door, the audience of who answers there last."""
    found = await told(tmp_path, *asked, **settings)
    answers = {"slack:C1": "slack:C1", "discord:21": "discord:20"}.get(asked[1], "settings")
    assert (
        expected == tuple(found[name] for name in ("allowed", "rule", "source", "assumed"))[: len(expected)]
    )
    assert answers == found["assistant"]["source"]


async def test_the_setting_that_was_changed_is_named(tmp_path):
    found = await told(tmp_path, "slack:U1", "slack:D1", limit_open=5, dm_scope="person-topic")
    limits = {one["name"]: (one["value"], one["source"]) for one in found["limits"]}
    assert ("person-topic", "DM_SCOPE") == (found["scope"], found["scope_source"])
    assert ((5, "LIMIT_OPEN"), (20, "default")) == (limits["LIMIT_OPEN"], limits["LIMIT_PERSON_MINUTE"])
