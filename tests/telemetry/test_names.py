"""The list of metrics, and what is made of it."""

from __future__ import annotations

import re
from pathlib import Path

from bots.telemetry.names import METRICS

ROOT = Path(__file__).parents[2]


def test_every_metric_is_explained_with_its_labels():
    rows = re.findall(
        r"^\| `(spool_\w+)` \| ([\w, ]*) ?\|", (ROOT / "docs/operate.md").read_text("utf-8"), re.MULTILINE
    )
    told = [(name, labels.strip()) for name, labels in rows]
    assert [(one.name, ", ".join(one.labels)) for one in METRICS] == told
