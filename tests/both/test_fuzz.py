"""A part of what scripts/fuzz sends."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.both.fuzz import fuzzed


@pytest.mark.promise("S2")
async def test_no_event_makes_a_fault(tmp_path: Path):
    wrong, asked, _ = await fuzzed(200, 4, tmp_path)
    assert [] == wrong
    assert asked > 8
