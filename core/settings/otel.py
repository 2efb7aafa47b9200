"""Where traces and metrics are sent: OTEL_EXPORTER_OTLP_ENDPOINT and its neighbours."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Final
from urllib.parse import urlsplit

ENDPOINTS: Final = tuple(f"OTEL_EXPORTER_OTLP_{one}ENDPOINT" for one in ("", "TRACES_", "METRICS_"))


def wrong_otel(endpoints: Mapping[str, str]) -> list[str]:
    """What is wrong with these, by their settings, each with its cure."""
    given = {name: one for name, one in endpoints.items() if one}
    problems = [
        f"{name}={one} is no address. Write it like http://127.0.0.1:4318."
        for name, one in given.items()
        if urlsplit(one).scheme not in ("http", "https") or not urlsplit(one).hostname
    ]
    if given and not _installed():
        problems.append(
            f"{next(iter(given))} is set, and OpenTelemetry is not installed. Install it: "
            "`pip install 'spool-assistant[otel]'`; in a checkout `.venv/bin/python -m pip install "
            "opentelemetry-sdk opentelemetry-exporter-otlp-proto-http`. Or remove the setting."
        )
    return problems


def _installed() -> bool:
    try:
        return all(map(find_spec, ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http")))
    except ModuleNotFoundError:
        return False
