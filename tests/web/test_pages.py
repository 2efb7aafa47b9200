"""The tutorial's own blocks, run as its reader would: the demo in one terminal, Python in another."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCKS = re.compile(r"^```(python|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MARK = "-- next block --"


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """What a second terminal is told of a demo without a terminal: its address and key."""
    directory = tmp_path_factory.mktemp("demo")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "bots", "demo"],
        env={**kept, "DATA_DIR": str(directory), "PYTHONPATH": str(ROOT)},
        cwd=directory,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin
    assert process.stdout
    told = next(line for line in process.stdout if "/v1" in line)
    found = re.search(r"(http://127\.0\.0\.1:\d+/v1)\D.*?(sk-spool-[\w-]+)", told)
    assert found, told
    yield {**kept, "OPENAI_BASE_URL": found[1], "OPENAI_API_KEY": found[2], "PYTHONIOENCODING": "utf-8"}
    process.communicate("/quit\n", timeout=30)
    assert process.returncode == 0


def read(page: str) -> list[tuple[str, str]]:
    """Each block of Python with what is printed below it, "" where nothing is."""
    found = BLOCKS.findall((ROOT / "docs" / page).read_text("utf-8"))
    pairs: list[tuple[str, str]] = []
    for kind, text in found:
        if kind == "python":
            pairs.append((text, ""))
        else:
            pairs[-1] = (pairs[-1][0], text)
    return pairs


def test_tutorial_runs_as_it_is_printed(demo, tmp_path):
    """Every block runs, in order, and prints what stands below it; `…` stands for anything."""
    blocks = read("tutorial.md")
    program = f"\nprint({MARK!r})\n".join(code for code, _ in blocks)
    (tmp_path / "tutorial.py").write_text(program, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "tutorial.py"],
        env=demo,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    for (code, wanted), printed in zip(blocks, done.stdout.split(f"{MARK}\n"), strict=True):
        pattern = re.escape(wanted.strip()).replace("…", ".*")
        assert re.fullmatch(pattern, printed.strip(), re.DOTALL), code


def test_tutorials_are_the_same_program():
    """Only the words around the code are translated: the Korean page runs where the English one does."""
    assert read("tutorial.md") == read("tutorial.ko.md")
