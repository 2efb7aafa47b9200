"""core.policy.access: the rules about who is answered, as a table."""

from __future__ import annotations

from typing import Any

import pytest

from core.policy.access import Access, Act, Verdict
from core.settings import read
from core.types import Standing

MEMBER, NOBODY = Standing(), Standing(member=False)
GUEST, STRANGER = Standing(guest=True), Standing(external=True)
GUILDS = "DISCORD_GUILDS"


def verdict(rules: dict[str, str], **act: Any) -> Verdict:
    """What comes of it under these settings. Somebody of T1 writes in its channel C1, or in server 10."""
    slack: dict[str, Any] = {"platform": "slack", "person": "U1", "channel": "C1"}
    where = slack | {"workspace": "T1", "team": "T1", "standing": MEMBER}
    if act.get("platform") == "discord":
        where = {"person": "1", "channel": "2", "workspace": "10"}
    return Access.of(read(rules)).authorize(Act(**({"kind": "mention"} | where | act)))


IN_DISCORD = {"platform": "discord"}
DIRECT = {"platform": "discord", "workspace": "", "direct": True}
BOT = {"by": "app", "person": "U7", "apps": ("B1", "A1")}


@pytest.mark.promise("A1")
@pytest.mark.promise("A2")
@pytest.mark.promise("A3")
@pytest.mark.promise("A5")
@pytest.mark.parametrize(
    ("rules", "act", "allowed", "rule", "source"),
    [
        ({}, {}, True, "workspace", "default"),
        ({}, {"standing": None}, None, "workspace", "default"),
        ({}, {"standing": GUEST}, False, "guests", "default"),
        ({}, {"standing": STRANGER, "team": "T2"}, False, "external", "default"),
        ({}, {"standing": NOBODY}, False, "workspace", "default"),
        ({}, {"standing": Standing(app=True)}, False, "bots", "default"),
        ({}, BOT, False, "bots", "default"),
        ({}, {"by": "workflow"}, False, "bots", "default"),
        ({"ACCESS_ALLOW": "slack:U1"}, {"standing": None}, True, "allow", "ACCESS_ALLOW"),
        ({"ACCESS_ALLOW": "slack:C1"}, {"standing": STRANGER}, True, "allow", "ACCESS_ALLOW"),
        ({"ACCESS_ALLOW": "slack:T2"}, {"team": "T2", "standing": STRANGER}, True, "allow", "ACCESS_ALLOW"),
        ({"ACCESS_ALLOW": "slack:T1"}, {"team": "T2", "standing": STRANGER}, False, "external", "default"),
        ({"ACCESS_ALLOW": "slack:C1"}, BOT, False, "bots", "default"),
        ({"ACCESS_DENY": "slack:U1", "ACCESS_ALLOW": "slack:U1"}, {}, False, "deny", "ACCESS_DENY"),
        ({"ACCESS_DENY": "slack:C1", "ACCESS_ALLOW": "slack:U1"}, {}, False, "deny", "ACCESS_DENY"),
        ({"ACCESS_DENY": "slack:T2"}, {"team": "T2"}, False, "deny", "ACCESS_DENY"),
        ({"ACCESS_GUESTS": "slack:C1"}, {"standing": GUEST}, True, "guests", "ACCESS_GUESTS"),
        ({"ACCESS_GUESTS": "slack:T1"}, {"standing": GUEST}, True, "guests", "ACCESS_GUESTS"),
        ({"ACCESS_GUESTS": "slack:C2"}, {"standing": GUEST}, False, "guests", "default"),
        ({"ACCESS_GUESTS": "slack:C1"}, {"standing": STRANGER}, False, "external", "default"),
        ({"ACCESS_EXTERNAL": "slack:C1"}, {"standing": STRANGER}, True, "external", "ACCESS_EXTERNAL"),
        ({"ACCESS_EXTERNAL": "slack:T2"}, {"standing": STRANGER}, False, "external", "default"),
        ({"ACCESS_BOTS": "slack:B1"}, BOT, True, "bots", "ACCESS_BOTS"),
        ({"ACCESS_BOTS": "slack:A1"}, BOT, True, "bots", "ACCESS_BOTS"),
        ({"ACCESS_BOTS": "slack:B2"}, BOT, False, "bots", "default"),
        ({}, IN_DISCORD, True, "server", "default"),
        ({}, DIRECT, True, "direct", "default"),
        ({GUILDS: "10"}, IN_DISCORD, True, "server", GUILDS),
        ({GUILDS: "11"}, IN_DISCORD, False, "server", GUILDS),
        ({GUILDS: "11", "ACCESS_ALLOW": "discord:1"}, IN_DISCORD, False, "server", GUILDS),
        ({GUILDS: "11", "ACCESS_ALLOW": "discord:10"}, IN_DISCORD, True, "allow", "ACCESS_ALLOW"),
        ({GUILDS: "10"}, DIRECT, None, "server", GUILDS),
        ({GUILDS: "10"}, DIRECT | {"standing": MEMBER}, True, "server", GUILDS),
        ({GUILDS: "10"}, DIRECT | {"standing": NOBODY}, False, "server", GUILDS),
        ({GUILDS: "10", "ACCESS_ALLOW": "discord:1"}, DIRECT, True, "allow", "ACCESS_ALLOW"),
        ({"ACCESS_DENY": "discord:3"}, IN_DISCORD | {"parent": "3"}, False, "deny", "ACCESS_DENY"),
        ({"ACCESS_DENY": "slack:U1"}, IN_DISCORD | {"person": "U1"}, True, "server", "default"),
        ({"ACCESS_BOTS": "discord:7"}, IN_DISCORD | BOT | {"person": "7"}, True, "bots", "ACCESS_BOTS"),
    ],
)  # fmt: skip
def test_who_is_answered(rules, act, allowed, rule, source):
    """What is denied stays denied; an app is answered by its own rule alone; a strange server by none."""
    told = verdict(rules, **act)
    assert (allowed, rule, source) == (told.allowed, told.rule, told.source)


@pytest.mark.parametrize(
    ("rules", "act", "silent"),
    [
        ({"ACCESS_DENY": "slack:U1"}, {}, False),
        ({"ACCESS_DENY": "slack:U1"}, {"kind": "edit"}, True),
        ({"ACCESS_DENY": "slack:U1"}, {"kind": "autocomplete"}, True),
        ({"ACCESS_DENY": "slack:C1"}, BOT, True),
        ({}, BOT, True),
        ({}, {"standing": GUEST}, False),
        ({GUILDS: "11"}, IN_DISCORD, True),
        ({GUILDS: "10"}, DIRECT | {"standing": NOBODY}, False),
        ({"ACCESS_DENY": "discord:1"}, IN_DISCORD, True),
        ({"ACCESS_DENY": "discord:1"}, IN_DISCORD | {"kind": "command"}, False),
    ],
)
def test_who_is_told_of_it(rules, act, silent):
    """Bots and strange servers are not, nor who does what has no answer."""
    assert silent is verdict(rules, **act).silent


@pytest.mark.parametrize(
    ("person", "is_one"),
    [
        ("slack:U1", True),
        ("slack:U2", True),
        ("discord:12345", True),
        ("discord:7", True),
        ("slack:7", False),
    ],
)
def test_admins_are_of_their_network(person, is_one):
    """Bare ids as before, and with the network."""
    access = Access.of(read({"ADMINS": "U1, slack:U2, 12345, discord:7"}))
    assert is_one is access.admin(*person.split(":"))
