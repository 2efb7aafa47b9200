"""`spool access explain`: whether a person is answered in a place, by whom, and which setting says so."""

from __future__ import annotations

import argparse
import json

import pytest

from bots.cli.access import add, run
from core.errors import ConfigError
from core.settings import Settings


def test_it_is_told_as_json_and_in_words(tmp_path, capsys):
    """Also before the bot ever ran: then the settings' assistant would answer. A name is nobody."""
    parser, settings = argparse.ArgumentParser(), Settings(data_dir=tmp_path / "d", access_deny=("slack:U1",))
    add(parser.add_subparsers())
    explain = ["access", "explain", "slack:U1", "slack:C1"]
    assert 0 == run(parser.parse_args([*explain, "--json"]), settings)
    told = json.loads(capsys.readouterr().out)
    assert 0 == run(parser.parse_args(explain), settings)
    said = capsys.readouterr().out
    for one in ("U1", "slack:ann", "discord:1"):
        with pytest.raises(ConfigError):
            run(parser.parse_args(["access", "explain", one, "slack:C1"]), settings)

    assert (False, "deny", "ACCESS_DENY") == (told["allowed"], told["rule"], told["source"])
    assert {"id": "asst_settings", "name": "Assistant", "version": 1, "source": "settings"} == told[
        "assistant"
    ]
    assert "slack:U1 is not answered in slack:C1. Rule: deny (ACCESS_DENY)." in said
    assert "LIMIT_OPEN=20 (default)" in said
