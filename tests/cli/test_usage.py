"""`spool usage`: sums by whatever is asked for, for people and for programs; and `threads show`."""

from __future__ import annotations

import argparse
import asyncio
import datetime
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bots.cli import threads, usage
from bots.cli.table import width
from core.errors import ConfigError
from core.settings import Settings
from core.store import counts, items
from core.store import usage as rows
from core.store.data_dir import data_directory
from core.store.database import Database, Execute
from core.store.usage import Usage
from tests.core.fakes import settled
from tests.core.queued import asked, claimed

NOON = datetime.datetime(2026, 11, 2, 12).astimezone().timestamp()
WHO: dict[str, Any] = {"platform": "slack", "place": "C1", "person": "slack:U1", "assistant_id": "asst_1"}
USED: dict[str, Any] = {"input": 1000, "cached": 200, "output": 50, "reasoning": 20, "price_usd": 0.001}
DONE = Usage("answer", "gpt-6-luna", NOON, "completed", **WHO, **USED)
UNTOLD: dict[str, Any] = dict.fromkeys(("input", "cached", "output", "reasoning", "price_usd"))
LEDGER = (
    DONE,
    replace(DONE, person="discord:7", platform="discord", served_model="gpt-6.1-terra", price_usd=None),
    replace(DONE, kind="summary", began_at=NOON - 86400),
    replace(DONE, outcome="unknown", **UNTOLD),
    replace(DONE, outcome="refused", **UNTOLD),
    replace(DONE, kind="image", model="그림", units=2.0, person="", **UNTOLD),
)


@pytest.fixture
def spool(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """`spool("usage", "--by", "day")` gives what is printed, of a ledger and one conversation."""
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command")
    modules: dict[str, Any] = {"usage": usage, "threads": threads}
    for module in modules.values():
        module.add(commands)

    def fill(tx: Execute) -> None:
        rows.add(tx, *LEDGER)
        settled(tx)
        asked(tx, "1", text="a secret")
        claim = claimed(tx)
        items.add(tx, claim.thread, claim.run, [items.item("user", "a secret")])
        counts.add(tx, counts.REPEATED)

    async def work() -> None:
        db = Database(data_directory(tmp_path / "data") / "spool.sqlite3")
        await db(fill)
        db.close()

    def call(command: str, *arguments: str) -> str:
        options = parser.parse_args([command, *arguments])
        assert 0 == modules[command].run(options, Settings(data_dir=tmp_path / "data"))
        return capsys.readouterr().out

    asyncio.run(work())
    return call


@pytest.mark.parametrize(
    ("by", "requests"),
    [
        ("kind", {"answer": 4, "image": 1, "summary": 1}),
        ("person", {"": 1, "discord:7": 1, "slack:U1": 4}),
        ("place", {"discord:C1": 1, "slack:C1": 5}),
        ("assistant", {"asst_1": 6}),
        ("model", {"gpt-6-luna": 4, "gpt-6.1-terra": 1, "그림": 1}),
        ("day", {"2026-11-01": 1, "2026-11-02": 5}),
    ],
)
def test_the_parts_are_the_total(spool, by, requests):
    found = json.loads(spool("usage", "--by", by, "--json"))
    parts = found["data"]
    assert requests == {part["key"]: part["requests"] for part in parts}
    assert {
        **{"requests": 6, "unknown": 1, "unpriced": 2, "input": 3000, "cached": 600},
        **{"output": 150, "reasoning": 60, "price_usd": 0.002, "good": 0, "bad": 0},
    } == found["total"]
    for name in ("requests", "unknown", "unpriced", "input", "cached", "output", "reasoning"):
        assert found["total"][name] == sum(part[name] for part in parts)


def test_what_has_no_price_is_not_free(spool):
    """Nothing of it has one; who used nothing that costs has paid 0."""
    parts = {part["key"]: part for part in json.loads(spool("usage", "--by", "person", "--json"))["data"]}
    assert [None, None, 0.002] == [parts[key]["price_usd"] for key in ("", "discord:7", "slack:U1")]


def test_only_since_then(spool):
    for since, count in (("2026-11-02", 5), ("2026-11-02T13:00", 0), ("1m", 0)):
        assert count == json.loads(spool("usage", "--since", since, "--json"))["total"]["requests"]
    with pytest.raises(SystemExit):
        spool("usage", "--since", "yesterday")
    with pytest.raises(argparse.ArgumentTypeError, match="Write a date"):
        usage.moment("99999-01-01")


def test_people_read_a_table(spool):
    """Columns stand under each other, also under Korean letters; then what was promised."""
    table, _, promises = spool("usage").partition("\n\n")
    lines = table.splitlines()
    assert 1 == len({width(line) for line in lines})
    assert lines[0].split()[:2] == ["MODEL", "REQUESTS"]
    assert lines[-1].split() == ["total", "6", "1", "2", "3,000", "600", "150", "60", "0.002000"]
    assert any(line.endswith("unpriced") for line in lines)
    assert "1  questions accepted" in promises
    assert "1  deliveries that were known already" in promises
    assert 8 == len(promises.strip().splitlines())


def test_a_thread_is_shown_with_its_words_only_where_asked(spool):
    (one,) = json.loads(spool("threads", "list", "--json"))["data"]
    shown = spool("threads", "show", one["id"]) + spool("threads", "show", one["id"], "--json")
    assert "secret" not in shown
    assert "in_progress" in shown
    assert "user: a secret" in spool("threads", "show", one["id"], "--texts")
    texts = json.loads(spool("threads", "show", one["id"], "--texts", "--json"))["texts"]
    assert [{"role": "user", "content": "a secret"}] == texts
    with pytest.raises(ConfigError, match="`spool threads list` shows the newest"):
        spool("threads", "show", "thread_1")
