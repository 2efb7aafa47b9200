"""The SDK of OpenTelemetry, as far as it is needed. The only place that knows it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, Final

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode, set_span_in_context

from bots.telemetry.spans import (
    AGENT,
    COUNTERS,
    ERROR,
    EXECUTION,
    HISTOGRAMS,
    INFERENCE,
    Span,
    measured,
)
from bots.telemetry.tally import MOST_VALUES, OTHER
from bots.version import version
from core.settings import Settings

logger = logging.getLogger(__name__)
AGAIN: Final = 3600.0
"""Seconds between two warnings."""
WAITING: Final = 2048
"""Spans that wait at most: more are dropped."""
SENDING: Final = 5.0
"""Seconds that one sending may take."""
_KINDS: Final = {AGENT: SpanKind.INTERNAL, INFERENCE: SpanKind.CLIENT, EXECUTION: SpanKind.INTERNAL}


class _Complaint:
    """That a collector does not take what is sent: once an hour, in one line."""

    def __init__(self) -> None:
        self._at = -AGAIN

    def of(self, result: Any) -> Any:
        """Where that is the result; gives it."""
        if result.name != "SUCCESS" and time.monotonic() - self._at >= AGAIN:
            self._at = time.monotonic()
            logger.warning(
                "OpenTelemetry: the collector does not take what is sent. Look whether it runs, and at "
                "OTEL_EXPORTER_OTLP_ENDPOINT; answers go on without it."
            )
        return result


class _Spans(OTLPSpanExporter):
    def __init__(self, complaint: _Complaint, **how: Any) -> None:
        super().__init__(**how)
        self._complaint = complaint

    def export(self, *what: Any) -> Any:
        return self._complaint.of(super().export(*what))


class _Metrics(OTLPMetricExporter):
    def __init__(self, complaint: _Complaint, **how: Any) -> None:
        super().__init__(**how)
        self._complaint = complaint

    def export(self, *what: Any, **how: Any) -> Any:
        return self._complaint.of(super().export(*what, **how))


class Sdk:
    """`send` only puts into a queue, and into sums: the SDK's own threads send them."""

    def __init__(self, settings: Settings) -> None:
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)  # a line a try, some with a traceback
        named = {"service.name": settings.otel_service_name, "service.version": version()}
        complaint, resource, readers = _Complaint(), Resource.create(named), []
        self._traces = TracerProvider(resource=resource, shutdown_on_exit=False)
        if where := settings.otel_endpoint("traces"):
            spans = _Spans(complaint, endpoint=where, timeout=SENDING)
            self._traces.add_span_processor(BatchSpanProcessor(spans, max_queue_size=WAITING))
        if where := settings.otel_endpoint("metrics"):
            readers.append(
                PeriodicExportingMetricReader(_Metrics(complaint, endpoint=where, timeout=SENDING))
            )
        self._meters = MeterProvider(readers, resource, shutdown_on_exit=False)
        self._tracer = self._traces.get_tracer("spool", version())
        meter = self._meters.get_meter("spool", version())
        self._values: dict[str, set[Any]] = {}
        self._record: dict[str, Callable[..., None]] = {
            name: meter.create_histogram(name, unit, explicit_bucket_boundaries_advisory=edges).record
            for name, (unit, edges) in HISTOGRAMS.items()
        }
        self._record |= {name: meter.create_counter(name, "{token}").add for name in COUNTERS.values()}

    def send(self, span: Span) -> None:
        """The span with all that is in it, and its metrics."""
        self._span(span, Context())
        for name, value, attributes in measured(span):
            self._record[name](value, {key: self._bounded(key, told) for key, told in attributes.items()})

    def _bounded(self, name: str, value: Any) -> Any:
        """Each value is a series for ever, and clients of the API name models that are none."""
        known = self._values.setdefault(name, set())
        if len(known) < MOST_VALUES:
            known.add(value)
        return value if value in known else OTHER

    def _span(self, one: Span, around: Context) -> None:
        made = self._tracer.start_span(
            one.name, around, _KINDS[one.kind], one.attributes, start_time=int(one.began * 1e9)
        )
        for inner in one.inner:
            self._span(inner, set_span_in_context(made))
        if ERROR in one.attributes:
            made.set_status(Status(StatusCode.ERROR))
        made.end(int(max(one.began, one.ended) * 1e9))

    def flush(self) -> None:
        """Send what is left; takes as long as the collector does."""
        self._traces.force_flush()
        self._meters.force_flush()
