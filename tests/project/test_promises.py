"""docs/security.md and the tests that show what it promises: neither says what the other does not."""

from __future__ import annotations

import re
from pathlib import Path

from tests.project.mutants import GUARDS, listed
from tests.project.promises import marked

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| ([A-Z]\d+) \|[^|]*\|([^|]*)\|", re.MULTILINE)


def test_every_promise_is_shown_and_every_mark_is_promised():
    told = (ROOT / "docs" / "security.md").read_text("utf-8").partition("## What does not apply")[0]
    promised = {id: set(re.findall(r"`([^`]+)`", tests)) for id, tests in ROW.findall(told)}
    shown = {id: {test.split("::")[0] for test in tests} for id, tests in marked(ROOT).items()}

    assert len(promised) == len(ROW.findall(told))
    assert promised.keys() == shown.keys()
    assert {} == {id: files for id, files in promised.items() if not files or files - shown[id]}


def test_every_guard_stands_where_its_mutant_says():
    lines = [(guard.promise, (ROOT / guard.file).read_text("utf-8").split("\n")) for guard in listed(GUARDS)]
    assert [1] * len(lines) == [
        text.count(guard.line) for (_, text), guard in zip(lines, listed(GUARDS), strict=True)
    ]
    assert {id for id, _ in lines} <= marked(ROOT).keys()
