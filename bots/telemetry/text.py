"""The texts that Prometheus and those like it read. The only place that knows their library."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from bots.telemetry.names import METRICS
from bots.telemetry.tally import Counted, Timed
from core.policy.ledger import BUCKETS

_EDGES = [*map(floatToGoString, BUCKETS), "+Inf"]


class _Found(Collector):
    def __init__(self, counted: Counted) -> None:
        self._counted = counted

    def collect(self) -> Iterator[Metric]:
        for one in METRICS:
            counter = CounterMetricFamily if one.type == "counter" else GaugeMetricFamily
            family = HistogramMetricFamily if one.type == "histogram" else counter
            made = family(one.name, one.help, labels=one.labels)
            for labels, value in self._counted.get(one.name, {}).items():
                made.add_metric(labels, *(_histogram(value) if isinstance(value, Timed) else (value,)))
            yield made


def _histogram(timed: Timed) -> tuple[list[tuple[str, int]], float]:
    counts = [sum(timed.buckets[: end + 1]) for end in range(len(_EDGES))]
    return list(zip(_EDGES, counts, strict=True)), timed.sum


def written(counted: Counted, accept: str) -> tuple[bytes, str]:
    """All of them, in the form that is asked for, and its content type."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Found(counted))
    encode, form = choose_encoder(accept)
    return encode(registry), form
