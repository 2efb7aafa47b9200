"""Which tests show what docs/security.md promises: those with the mark, and `test_w1_…` of the web page."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path


def marked(root: Path) -> dict[str, set[str]]:
    """The tests that carry an id, as pytest is told of them, by the id."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in sorted((root / "tests").rglob("test_*.py")):
        for test in ast.parse(path.read_text("utf-8")).body:
            if not isinstance(test, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            marks = [mark for mark in test.decorator_list if ".promise(" in ast.unparse(mark)]
            ids = [ast.literal_eval(id) for mark in marks if isinstance(mark, ast.Call) for id in mark.args]
            named = re.match(r"test_(w\d+)_", test.name) if path.parent.name == "web" else None
            for id in [*ids, *([named[1].upper()] if named else [])]:
                found[id].add(f"{path.relative_to(root).as_posix()}::{test.name}")
    return found
