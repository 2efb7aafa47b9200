"""The page of Grafana, of the list of metrics: `python -m bots.telemetry.grafana > ops/grafana.json`."""

from __future__ import annotations

import json
import sys
from typing import Any, Final

from bots.telemetry.names import METRICS, Metric

ROWS: Final = {
    "Promises": (
        "lost_messages",
        "double_answers",
        "runs_resumed",
        "platform_connected",
        "messages",
        "runs",
        "duplicates",
    ),
    "Speed": (
        "first_word_seconds",
        "added_seconds",
        "answer_seconds",
        "queue_depth",
        "oldest_queued_seconds",
    ),
    "Cost": ("cost_usd", "tokens", "unpriced_requests", "budget_refusals"),
    "Health": ("posts", "approvals", "commit_seconds", "loop_lag_seconds", "wal_bytes", "build_info"),
}
"""Which stand together."""
PROMISED: Final = ("spool_lost_messages", "spool_double_answers")
"""Must be 0."""
_SOURCE: Final = {"type": "prometheus", "uid": "${DS_PROMETHEUS}"}
_WIDE, _HIGH, _A_ROW = 8, 7, 3


def queries(one: Metric) -> dict[str, str]:
    """By legend."""
    by, legend = ", ".join(one.labels), " ".join(f"{{{{{label}}}}}" for label in one.labels)
    if one.type == "gauge":
        return {legend: f"max by ({by}) ({one.name})" if by else f"max({one.name})"}
    if one.type == "counter":
        rate = f"sum by ({by}) (rate({one.name}[$__rate_interval]))"
        return {legend: f"3600 * {rate}" if "usd" in one.name else rate}
    rate = f"sum by ({', '.join(('le', *one.labels))}) (rate({one.name}_bucket[$__rate_interval]))"
    return {f"p{share} {legend}".strip(): f"histogram_quantile(0.{share}, {rate})" for share in (50, 95)}


def _unit(one: Metric) -> str:
    ends = {"_seconds": "s", "_bytes": "bytes", "_usd_total": "currencyUSD", "_total": "cps"}
    return next((unit for end, unit in ends.items() if one.name.endswith(end)), "short")


def _panel(one: Metric, number: int, top: int, place: int) -> dict[str, Any]:
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    if one.name in PROMISED:
        steps.append({"color": "red", "value": 1})
    targets = [
        {"refId": "AB"[at], "datasource": _SOURCE, "expr": query, "legendFormat": legend or one.name}
        for at, (legend, query) in enumerate(queries(one).items())
    ]
    return {
        "id": number,
        "type": "stat" if one.type == "gauge" and "seconds" not in one.name else "timeseries",
        "title": one.help.partition(":")[0] + (" an hour" if "usd" in one.name else ""),
        "description": f"{one.help} ({one.name}).",
        "datasource": _SOURCE,
        "gridPos": {
            **{"x": place % _A_ROW * _WIDE, "y": top + place // _A_ROW * _HIGH},
            **{"w": _WIDE, "h": _HIGH},
        },
        "fieldConfig": {
            "defaults": {"unit": _unit(one), "thresholds": {"mode": "absolute", "steps": steps}},
            "overrides": [],
        },
        "options": {"textMode": "name" if one.name.endswith("_info") else "auto"},
        "targets": targets,
    }


def page() -> dict[str, Any]:
    """As Grafana imports it: it asks which Prometheus."""
    known = {one.name.removeprefix("spool_").removesuffix("_total"): one for one in METRICS}
    panels: list[dict[str, Any]] = []
    top = 0
    for title, names in ROWS.items():
        where = {"x": 0, "y": top, "w": 24, "h": 1}
        panels.append(
            {
                "id": len(panels) + 1,
                "type": "row",
                "title": title,
                "collapsed": False,
                "gridPos": where,
                "panels": [],
            }
        )
        panels += [_panel(known[name], len(panels) + 1 + at, top + 1, at) for at, name in enumerate(names)]
        top += 1 + -(-len(names) // _A_ROW) * _HIGH
    asked = {"name": "DS_PROMETHEUS", "label": "Prometheus", "type": "datasource"}
    return {
        "__inputs": [{**asked, "pluginId": "prometheus", "pluginName": "Prometheus"}],
        "__requires": [{"type": "datasource", "id": "prometheus", "name": "Prometheus", "version": "1.0.0"}],
        "uid": "spool",
        "title": "Spool",
        "tags": ["spool"],
        "schemaVersion": 42,
        "version": 1,
        "editable": True,
        "refresh": "1m",
        "time": {"from": "now-24h", "to": "now"},
        "templating": {"list": []},
        "annotations": {"list": []},
        "panels": panels,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(page(), indent=1) + "\n")
