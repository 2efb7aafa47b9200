"""What a collector is sent: an OTLP receiver on a real socket decodes it."""

from __future__ import annotations

import gzip
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from core.errors import ConfigError
from core.settings import Settings, read
from standins.local import free_port
from standins.script.script import Call, Fault, Scenario
from tests.conftest import Product
from tests.web.clients import MODEL, Api, ended

pytest.importorskip("opentelemetry.sdk", reason="the extra `otel` is not installed")
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
HERE = "gen_ai.provider.name"


class Collector:
    """`spans` and `metrics` that it was sent, and under which names; `auth`: what each said it is."""

    def __init__(self) -> None:
        self.port = free_port()
        self.spans: list[Any] = []
        self.metrics: dict[str, Any] = {}
        self.named: set[str] = set()
        self.status = 200
        self.auth: set[str] = set()

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        body = gzip.decompress(body) if request.headers.get("Content-Encoding") == "gzip" else body
        self.auth.add(request.headers.get("authorization", ""))
        if request.path == "/v1/traces":
            for told in ExportTraceServiceRequest.FromString(body).resource_spans:
                self.named |= {values(told.resource.attributes)["service.name"]}
                self.spans += [span for scope in told.scope_spans for span in scope.spans]
        else:
            for sent in ExportMetricsServiceRequest.FromString(body).resource_metrics:
                self.metrics |= {one.name: one for scope in sent.scope_metrics for one in scope.metrics}
        return web.Response(status=self.status, content_type="application/x-protobuf")


def values(attributes: Any) -> dict[str, Any]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in attributes}


@pytest.fixture
async def collector() -> AsyncIterator[Collector]:
    made = Collector()
    app = web.Application()
    app.router.add_post("/{path:.*}", made.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", made.port).start()
    yield made
    await runner.cleanup()


async def asked(product: Product, data: Path, count: int = 1, **settings: str) -> float:
    """Clients ask so often; gives how long the end took."""
    port = free_port()
    async with product(http=f"127.0.0.1:{port}", openai_features="full", **settings):
        api = Api(f"http://127.0.0.1:{port}/v1", data)
        async with api.stack:
            client = await api.client("me")
            tools: Any = [{"type": "function", "function": {"name": "look"}}]
            made = await client.beta.assistants.create(model=MODEL, name="HelpBot", tools=tools)
            for _ in range(count):
                begun = await client.beta.threads.create_and_run(
                    assistant_id=made.id, thread={"messages": [{"role": "user", "content": "SECRET"}]}
                )
                run = await ended(client, begun.thread_id, begun.id)
                if run.status == "requires_action":
                    outputs: Any = [
                        {"tool_call_id": one.id, "output": "SECRET"}
                        for one in run.required_action.submit_tool_outputs.tool_calls
                    ]
                    await client.beta.threads.runs.submit_tool_outputs(
                        run.id, thread_id=begun.thread_id, tool_outputs=outputs
                    )
                    await ended(client, begun.thread_id, begun.id)
        began = time.monotonic()
    return time.monotonic() - began


async def test_a_run_with_its_requests_and_calls_and_nobodys_words(
    product: Product, tmp_path, script: Scenario, collector: Collector, monkeypatch
):
    script.enqueue(Call("look", {"what": "PRIVATE"}))
    script.enqueue("done")
    script.enqueue(Fault("refuse", status=400, code="invalid_prompt", message="SECRET"))
    where = f"http://127.0.0.1:{collector.port}"
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20x")
    await asked(product, tmp_path / "data", 2, otel_exporter_otlp_endpoint=where)

    agents = [one for one in collector.spans if not one.parent_span_id]
    assert (["invoke_agent HelpBot"] * 2, {"spool"}, {"Bearer x"}) == (
        [one.name for one in agents],
        collector.named,
        collector.auth,
    )
    fine, failed = sorted(agents, key=lambda one: one.start_time_unix_nano)
    inner = sorted(
        (one for one in collector.spans if one.parent_span_id == fine.span_id),
        key=lambda one: one.start_time_unix_nano,
    )
    assert [f"chat {MODEL}", "execute_tool look", f"chat {MODEL}"] == [one.name for one in inner]
    assert [3, 1, 3] == [one.kind for one in inner]
    assert all(
        fine.start_time_unix_nano
        <= one.start_time_unix_nano
        <= one.end_time_unix_nano
        <= fine.end_time_unix_nano
        for one in inner
    )
    told = values(inner[0].attributes)
    reasons = [values(inner[at].attributes)["gen_ai.response.finish_reasons"] for at in (0, 2)]
    assert ["tool_call", "stop"] == [one.values[0].string_value for one in reasons]
    assert ("chat", "openai", MODEL) == tuple(
        told[name] for name in ("gen_ai.operation.name", HERE, "gen_ai.request.model")
    )
    assert told["gen_ai.usage.input_tokens"] > 0
    assert told["gen_ai.conversation.id"].startswith("thread_")
    assert ("look", "function") == tuple(
        values(inner[1].attributes)[f"gen_ai.tool.{name}"] for name in ("name", "type")
    )
    assert (0, 2) == (fine.status.code, failed.status.code)
    assert values(failed.attributes)["error.type"]
    sent = "".join(map(str, [*collector.spans, *collector.metrics.values()]))
    assert not [word for word in ("SECRET", "PRIVATE", "key:me") if word in sent]
    point = collector.metrics["gen_ai.invoke_agent.tool_calls"].histogram.data_points
    assert (1, 2) == (sum(one.sum for one in point), sum(one.count for one in point))
    tokens = collector.metrics["gen_ai.client.inference.usage.input_tokens"].sum.data_points
    spent = [values(one.attributes).get("gen_ai.usage.input_tokens", 0) for one in collector.spans]
    assert sum(spent) == sum(one.as_int for one in tokens)
    assert 81.92 == max(
        collector.metrics["gen_ai.client.inference.duration"].histogram.data_points[0].explicit_bounds
    )


@pytest.mark.parametrize("runs", [False, True])
async def test_a_collector_that_takes_nothing_delays_nobody(
    product: Product, tmp_path, collector: Collector, caplog, runs
):
    collector.status = 400
    where = f"http://127.0.0.1:{collector.port if runs else free_port()}"
    took = await asked(product, tmp_path / "data", 3, otel_exporter_otlp_endpoint=where)

    warned = [one for one in caplog.records if "OpenTelemetry" in one.getMessage()]
    assert took < 4
    assert runs == len(warned)  # where nobody answers it is tried again until the end
    assert not [one for one in caplog.records if one.exc_info or one.name.startswith("opentelemetry")]


def test_settings_that_cannot_be():
    with pytest.raises(ConfigError, match=r"_ENDPOINT=here:4318 is no address\. Write it like http://127"):
        read({"OTEL_EXPORTER_OTLP_ENDPOINT": "here:4318"})
    both = Settings(
        otel_exporter_otlp_endpoint="http://a/", otel_exporter_otlp_traces_endpoint="http://b/own"
    )
    assert "http://b/own" == both.otel_endpoint("traces")
    assert "http://a/v1/metrics" == both.otel_endpoint("metrics")
