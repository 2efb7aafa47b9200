"""A tools file that never ends at its import does not keep the process from ending."""

from __future__ import annotations

import pytest

from tests.discord.process import started
from tests.tool_files import put_tool

pytestmark = pytest.mark.slow
STUCK = """
import time
from pathlib import Path

Path(__file__).with_name("begun").touch()
time.sleep(60)
"""


@pytest.mark.parametrize("there", ["before the start", "while it runs"])
async def test_a_tools_file_that_blocks_keeps_nothing_from_ending(discord, openai, tmp_path, there):
    """SIGTERM while the file is being read: status 0 within ten seconds."""
    begun = tmp_path / "data" / "tools" / "begun"
    if there == "before the start":
        put_tool(tmp_path / "data", "stuck", STUCK)
    async with started(tmp_path, discord, openai) as process:
        await discord.until(lambda: discord.connected, timeout=20)
        if there == "while it runs":
            put_tool(tmp_path / "data", "stuck", STUCK)
        await discord.until(begun.exists, timeout=20)
        process.terminate()
        status = await process.ended(timeout=10)

    assert (0, False) == (status, "Traceback" in process.log)
