"""The list of metrics, and what is made of it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from bots.telemetry.names import METRICS

ROOT = Path(__file__).parents[2]


def test_every_metric_is_explained_with_its_labels():
    rows = re.findall(
        r"^\| `(spool_\w+)` \| ([\w, ]*) ?\|", (ROOT / "docs/operate.md").read_text("utf-8"), re.MULTILINE
    )
    told = [(name, labels.strip()) for name, labels in rows]
    assert [(one.name, ", ".join(one.labels)) for one in METRICS] == told


def test_the_page_of_grafana_is_made_of_the_list():
    """`python -m bots.telemetry.grafana > ops/grafana.json` makes it again."""
    made = subprocess.run([sys.executable, "-m", "bots.telemetry.grafana"], cwd=ROOT, capture_output=True)
    assert (0, (ROOT / "ops/grafana.json").read_bytes()) == (made.returncode, made.stdout)


def test_every_panel_asks_for_what_there_is():
    page = json.loads((ROOT / "ops/grafana.json").read_text("utf-8"))
    known = {one.name + ("_bucket" if one.type == "histogram" else ""): one for one in METRICS}
    panels = [one for one in page["panels"] if one["type"] != "row"]
    asked = set()
    titles = [panel["title"] for panel in panels]
    assert len(titles) == len({one for one in titles if len(one) < 40 and ":" not in one})
    for panel in panels:
        assert "${DS_PROMETHEUS}" == panel["datasource"]["uid"]
        for target in panel["targets"]:
            (name,) = re.findall(r"spool_\w+", target["expr"])
            by = re.findall(r"by \(([^)]*)\)", target["expr"])
            asked.add(name)
            assert {*", ".join(by).split(", ")} - {"", "le"} == set(known[name].labels)
            assert ("rate(" in target["expr"]) == (known[name].type != "gauge")
            assert ("histogram_quantile(" in target["expr"]) == (known[name].type == "histogram")
            assert set(re.findall(r"{{(\w+)}}", target["legendFormat"])) == set(known[name].labels)
    places = [(one["gridPos"]["x"], one["gridPos"]["y"]) for one in page["panels"]]
    assert (set(known), len(places)) == (asked, len(set(places)))
    assert [*range(1, len(places) + 1)] == [one["id"] for one in page["panels"]]
