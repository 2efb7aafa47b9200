"""A part of what scripts/fuzz-api sends."""

from __future__ import annotations

from pathlib import Path

from tests.web.fuzz import fuzzed


async def test_no_body_makes_a_fault(tmp_path: Path):
    statuses, wrong = await fuzzed(500, 11, tmp_path / "data")
    assert [] == list(wrong)
    assert statuses[200] > 50
    assert statuses[400] > 50
