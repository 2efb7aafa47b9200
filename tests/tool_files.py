"""Tools of an operator, for tests: files in the tools folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from standins.script.script import Call, Scenario, outputs

PAY = '''
from pathlib import Path

from core.tools import tool


@tool(confirm=True)
def pay(amount: int) -> str:
    """Pay that much.

    Args:
        amount: how much
    """
    with Path(__file__).with_name("ledger").open("a") as ledger:
        ledger.write(f"{amount}\\n")
    return f"paid {amount}"
'''
"""A tool with an effect that can be counted."""
DRAW = '''
from core.tools import FileResult, tool


@tool
def draw(name: str, size: int = 10) -> FileResult:
    """Draw something.

    Args:
        name: of the file
        size: in bytes
    """
    return FileResult(name, b"x" * size)
'''
"""A tool that brings a file."""
DRAW_SLOWLY = '''
import asyncio
from pathlib import Path

from core.tools import FileResult, tool


@tool
async def draw(name: str, size: int = 10) -> FileResult:
    """Draw something; it takes until the file `go` is there.

    Args:
        name: of the file
        size: in bytes
    """
    while not Path(__file__).with_name("go").exists():
        await asyncio.sleep(0.01)
    return FileResult(name, b"x" * size)
'''
"""A tool that brings a file when the test wants."""
SLOW = '''
import asyncio
from pathlib import Path

from core.tools import tool


@tool
async def look(what: str = "") -> str:
    """Look something up; it takes until the file `go` is there.

    Args:
        what: to look up
    """
    while not Path(__file__).with_name("go").exists():
        await asyncio.sleep(0.01)
    return f"found {what}"
'''
"""A tool that takes as long as the test wants."""


def put_tool(data: Path, name: str, source: str) -> Path:
    """Put a tool there; gives the file in which `PAY` counts."""
    folder = data / "tools"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.py").write_text(source, "utf-8")
    return folder / "ledger"


def paid(ledger: Path) -> list[int]:
    return [int(line) for line in ledger.read_text("utf-8").split()] if ledger.exists() else []


def let_go(data: Path) -> None:
    """`SLOW` and `DRAW_SLOWLY` may go on."""
    (data / "tools" / "go").touch()


def looks(script: Scenario, before: str = "") -> None:
    """The model says something or nothing, calls the tool `look`, and says what it found."""
    script.enqueue(*([before] if before else []), Call("look", {"what": "it"}))
    _result(script)


def wants_to_pay(script: Scenario, before: str = "") -> None:
    """The model says something or nothing, calls the tool `pay`, and says what came of it."""
    script.enqueue(*([before] if before else []), Call("pay", {"amount": 5}))
    _result(script)


def draws(script: Scenario, *files: Mapping[str, Any]) -> None:
    """The model makes these files with the tool `draw`, and says so."""
    script.enqueue(*(Call("draw", file) for file in files))
    script.enqueue("Here you are.")


def _result(script: Scenario) -> None:
    script.enqueue(lambda items: "Result: " + " ".join(outputs(items).values()))
