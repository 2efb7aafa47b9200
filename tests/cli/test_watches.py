"""bots.watches: the operator's files are read anew when they have changed and stand still."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bots.watches import ToolFiles
from core.tools import Toolbox

GLANCE = 0.05
TOOL = "from core.tools import tool\n\n\n@tool\ndef {name}() -> str:\n    return 'done'\n"


class Offered:
    """In place of `Ready`: the tools that later runs have."""

    def __init__(self) -> None:
        self.names: list[tuple[str, ...]] = []
        self.new = asyncio.Event()

    async def renew(self, toolbox: Toolbox) -> None:
        self.names.append(toolbox.names())
        if "new" in toolbox.names():
            self.new.set()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    (tmp_path / "new.py").touch(0o600)
    return tmp_path


async def test_a_file_that_is_being_written_is_read_when_it_is_whole(folder):
    """An editor or a copy writes it piece by piece; a half one would be a broken tool."""
    files, offered = ToolFiles(folder, seconds=5, glance=GLANCE), Offered()
    await files.load()
    watching = asyncio.create_task(files.watch(offered.renew))

    text = TOOL.format(name="new").ljust(400)
    for end in range(20, len(text) + 1, 20):
        write(folder / "new.py", text[:end])
        await asyncio.sleep(GLANCE / 2)
    assert [] == offered.names

    await asyncio.wait_for(offered.new.wait(), 10)
    watching.cancel()


def write(path: Path, text: str) -> None:
    path.write_text(text)
