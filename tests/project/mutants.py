"""Faults put into the product one at a time, to see whether the tests notice: `scripts/mutants`.

`mutants.json` lists them: chosen once, by a seed, among the lines of `core` and the adapters. Run it before
and after tests are rewritten; what was noticed before must be noticed after.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.project.promises import marked

ROOT = Path(__file__).parents[2]
LIST, GUARDS = (Path(__file__).with_name(name) for name in ("mutants.json", "guards.json"))
"""Those that were drawn, and those that take the guard of a promise out."""
CORE, ADAPTERS = ("core",), ("bots/slack", "bots/discord", "bots/replies", "bots/intake")
EACH = 30
"""Mutants of core, and as many of the adapters."""
SECONDS = 600
RINGS = {
    "core": ("tests/core",),
    "bots/slack": ("tests/slack", "tests/replies", "tests/both"),
    "bots/discord": ("tests/discord", "tests/replies", "tests/both"),
    "bots/replies": ("tests/replies", "tests/slack", "tests/discord"),
    "bots/intake": ("tests/intake", "tests/slack", "tests/discord"),
}
"""Where the tests of a file are, by the start of its path; those of its own folder come first."""
_COMPARE = {ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "=="}
_WORDS = {ast.Is: ("is", "is not"), ast.IsNot: ("is not", "is"), ast.In: ("in", "not in")}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One line of a file, which occurs there once, and what stands in its place."""

    file: str
    line: str
    changed: str
    promise: str = ""
    """The id in docs/security.md whose tests are to notice it."""

    def put_into(self, root: Path) -> None:
        """Change the file. Raises ValueError when the line is not there, or not once."""
        path = root / self.file
        lines = path.read_text("utf-8").split("\n")
        if lines.count(self.line) != 1:
            raise ValueError(f"{self.file}: {lines.count(self.line)} times: {self.line.strip()}")
        lines[lines.index(self.line)] = self.changed
        path.write_text("\n".join(lines), "utf-8")


def listed(path: Path = LIST) -> list[Mutant]:
    """Those of the list."""
    return [Mutant(**one) for one in json.loads(path.read_text("utf-8"))]


def _faults(path: Path) -> Iterator[Mutant]:
    """Every fault this knows to make in a file."""
    text = path.read_text("utf-8")
    lines = text.split("\n")
    for node in ast.walk(ast.parse(text)):
        for number, start, end, new in _changes(node, lines):
            line = lines[number]
            changed = line[:start] + new + line[end:]
            if lines.count(line) == 1 and changed != line:
                yield Mutant(str(path.relative_to(ROOT)), line, changed)


def _changes(node: ast.AST, lines: list[str]) -> Iterator[tuple[int, int, int, str]]:
    """Line, from, to and what is put there. Columns are those of ASCII lines; others are left alone."""
    if not isinstance(node, ast.expr | ast.Expr) or node.lineno != node.end_lineno:
        return
    number, line = node.lineno - 1, lines[node.lineno - 1]
    if not line.isascii():
        return
    match node:
        case ast.Compare(left=left, ops=[op], comparators=[right]) if left.end_lineno == right.lineno:
            between = line[left.end_col_offset : right.col_offset]
            was, new = _WORDS.get(type(op)) or (between.strip(), _COMPARE.get(type(op)))
            if new and between.strip() == was:
                yield number, left.end_col_offset or 0, right.col_offset, f" {new} "
        case ast.BoolOp(op=op, values=[first, second]) if first.end_lineno == second.lineno:
            new = " or " if isinstance(op, ast.And) else " and "
            if line[first.end_col_offset : second.col_offset].strip() in ("and", "or"):
                yield number, first.end_col_offset or 0, second.col_offset, new
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield number, node.col_offset, operand.col_offset, ""
        case ast.Constant(value=bool(value)):
            yield number, node.col_offset, node.end_col_offset or 0, str(not value)
        case ast.Expr(value=ast.Call() | ast.Await()):
            yield number, node.col_offset, node.end_col_offset or 0, "pass"


def choose(seed: int) -> list[Mutant]:
    """EACH of core and EACH of the adapters, the same ones for the same seed and code."""
    chance = random.Random(seed)
    chosen: list[Mutant] = []
    for folders in (CORE, ADAPTERS):
        files = sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))
        faults = [fault for path in files for fault in _faults(path)]
        lines: set[tuple[str, str]] = set()
        while len(lines) < EACH:
            fault = chance.choice(faults)
            if (fault.file, fault.line) not in lines:
                lines.add((fault.file, fault.line))
                chosen.append(fault)
    return chosen


def _rings(file: str, root: Path) -> list[list[str]]:
    """The tests that are to notice a fault in that file, the nearest first."""
    near = Path("tests", file.removeprefix("bots/")).parent
    named = sorted(str(path.relative_to(root)) for path in (root / near).glob(f"test_{Path(file).stem}*.py"))
    rings = next(folders for start, folders in RINGS.items() if file.startswith(start))
    return [named] * bool(named) + [
        [ring] for ring in dict.fromkeys((str(near), *rings)) if (root / ring).is_dir()
    ]


def noticed(mutant: Mutant, root: Path) -> bool:
    """Whether a test of its rings fails, run one ring after the other in a copy of `root`."""
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place, "checkout")
        shutil.copytree(root, copy, ignore=shutil.ignore_patterns(".git", ".venv*", "*cache*"), symlinks=True)
        mutant.put_into(copy)
        rings = [sorted(marked(root)[mutant.promise])] if mutant.promise else _rings(mutant.file, root)
        return any(_fails(copy, ring) for ring in rings)


def _fails(copy: Path, ring: list[str]) -> bool:
    command = (sys.executable, "-m", "pytest", "-qx", "-n2", "-p", "no:cacheprovider", *ring)
    with subprocess.Popen(
        command, cwd=copy, env={**os.environ, "PYTHONPATH": ""}, stdout=subprocess.DEVNULL, text=True
    ) as process:
        try:
            return process.wait(SECONDS) != 0
        except subprocess.TimeoutExpired:
            process.kill()
            return True


def main() -> int:
    """The exit status: 1 when a fault of the list is noticed by no test."""
    parser = argparse.ArgumentParser(prog="scripts/mutants", description=__doc__)
    parser.add_argument("--choose", type=int, metavar="SEED", help="write a new list")
    parser.add_argument("--tests-of", type=Path, default=ROOT, metavar="DIR", help="another checkout's tests")
    parser.add_argument("--only", default="", help="those of files whose path contains this, or of this id")
    parser.add_argument(
        "--promises", action="store_true", help="those of guards.json, by the tests of their ids"
    )
    options = parser.parse_args()
    if options.choose is not None:
        text = json.dumps([asdict(one) for one in choose(options.choose)], indent=1, ensure_ascii=False)
        LIST.write_text(text + "\n", "utf-8")
        return 0
    missed = 0
    for number, mutant in enumerate(listed(GUARDS if options.promises else LIST)):
        if options.only not in mutant.file and options.only != mutant.promise:
            continue
        began = time.monotonic()
        found = noticed(mutant, options.tests_of)
        missed += not found
        told = f"{'noticed' if found else 'MISSED '} {time.monotonic() - began:4.0f} s {mutant.promise:3}"
        print(f"{number:2} {told} {mutant.file}: {mutant.changed.strip()}", flush=True)  # noqa: T201 - progress
    print(f"{missed} missed")  # noqa: T201
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
