"""`spool access explain`: whether a person is answered in a place, by whom, and which setting says so."""

from __future__ import annotations

import argparse
import json
from typing import Any

import pytest

from bots.cli.access import add, run
from core.errors import ConfigError
from core.settings import Settings


def typed(*arguments: str, **settings: Any) -> None:
    parser = argparse.ArgumentParser()
    add(parser.add_subparsers())
    assert run(parser.parse_args(["access", "explain", *arguments]), Settings(**settings)) == 0


def test_json_and_words(tmp_path, capsys):
    """Also before the bot ever ran: then the settings' assistant would answer."""
    where = {"data_dir": tmp_path / "data", "access_deny": ("slack:U1",)}
    typed("slack:U1", "slack:C1", "--json", **where)
    told = json.loads(capsys.readouterr().out)
    assert (False, "deny", "ACCESS_DENY") == (told["allowed"], told["rule"], told["source"])
    assert {"id": "asst_settings", "name": "Assistant", "version": 1, "source": "settings"} == told[
        "assistant"
    ]

    typed("slack:U1", "slack:C1", **where)
    said = capsys.readouterr().out
    assert "slack:U1 is not answered in slack:C1. Rule: deny (ACCESS_DENY)." in said
    assert "LIMIT_OPEN=20 (default)" in said


@pytest.mark.parametrize("given", [("U1", "slack:C1"), ("slack:U1", "general"), ("slack:U1", "discord:1")])
def test_names_are_nobody(tmp_path, given):
    with pytest.raises(ConfigError):
        typed(*given, data_dir=tmp_path / "data")
