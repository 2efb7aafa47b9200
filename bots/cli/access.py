"""`spool access explain`: whether a person is answered in a place, by whom, and which setting says so."""

from __future__ import annotations

import argparse
import re
from typing import Any

from bots.cli.assistants.show import put, put_json
from bots.cli.runs import looked_up
from bots.replies.commands import access_text
from core.errors import ConfigError
from core.policy.explain import in_force, seen
from core.settings import Settings

PERSON = re.compile(r"slack:[UW][A-Z0-9]+|discord:[0-9]{1,20}")
PLACE = re.compile(r"slack:[CGD][A-Z0-9]+|discord:[0-9]{1,20}")


def add(commands: Any, spool: str = "spool") -> None:
    """Register the command."""
    parser = commands.add_parser("access", help="see whom the bot answers where, and which setting says so")
    actions = parser.add_subparsers(dest="action", metavar="explain", required=True)
    explain = actions.add_parser("explain", help="what is in force for a person in a place")
    explain.add_argument("person", metavar="PERSON", help="slack:U… or discord:NUMBER")
    explain.add_argument(
        "place", metavar="PLACE", help="a channel or direct message: slack:C…, discord:NUMBER"
    )
    explain.add_argument("--json", action="store_true", help="print JSON and nothing else")


def run(options: argparse.Namespace, settings: Settings) -> int:
    """The exit status, 0. Raises ConfigError."""
    person, place = options.person, options.place
    cure = "Write it with its network, such as {} or discord:NUMBER."
    problems = [] if PERSON.fullmatch(person) else [f"{person} is nobody. {cure.format('slack:U0123ABCD')}"]
    if not PLACE.fullmatch(place):
        problems.append(f"{place} is no channel. {cure.format('slack:C0123ABCD')}")
    if not problems and person.partition(":")[0] != place.partition(":")[0]:
        problems = [f"{person} and {place} are of two networks. Name a place of the person's own."]
    if problems:
        raise ConfigError(*problems)
    told = looked_up(settings, lambda tx: in_force(tx, settings, seen(tx, person, place)))
    if options.json:
        put_json(told)
    else:
        put(access_text(told, "en", "en"))
    return 0
