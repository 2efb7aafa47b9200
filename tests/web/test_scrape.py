"""/metrics: who may read it, in what form, and that nothing is counted twice or forgotten."""

from __future__ import annotations

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families as parsed

from bots.telemetry.names import METRICS
from standins.local import free_port
from tests.conftest import Product
from tests.web.browser import browser
from tests.web.clients import MODEL, Api, ended, talk

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture
async def scraped(product: Product, tmp_path):
    port = free_port()
    async with product(http=f"127.0.0.1:{port}", http_serve=("api", "metrics"), http_hosts=("a.example",)):
        api = Api(f"http://127.0.0.1:{port}/v1", tmp_path / "data")
        async with api.stack:
            yield api


async def read(api: Api, **headers: str) -> tuple[int, str, str]:
    async with (
        aiohttp.ClientSession() as session,
        session.get(api.url.replace("/v1", "/metrics"), headers=headers) as told,
    ):
        return told.status, told.headers["Content-Type"], await told.text()


async def samples(api: Api) -> dict[tuple[str, ...], float]:
    """By name and the values of the labels, in the order of their names."""
    families = parsed((await read(api))[2])
    return {(one.name, *one.labels.values()): one.value for found in families for one in found.samples}


async def test_each_metric_is_there_with_its_type_and_no_other_label(scraped: Api):
    client = await scraped.client("me")
    assistant, thread = await talk(client)
    run = await client.beta.threads.runs.create(thread, assistant_id=assistant)
    await ended(client, thread, run.id, "completed")

    (status, form, text), (_, newer, _) = (
        await read(scraped),
        await read(scraped, Accept="application/openmetrics-text; version=1.0.0"),
    )

    families = {one.name: one for one in parsed(text)}
    assert (200, "text/plain; version=0.0.4; charset=utf-8") == (status, form)
    assert newer.startswith("application/openmetrics-text")
    assert {one.name.removesuffix("_total"): one.type for one in METRICS} == {
        name: one.type for name, one in families.items()
    }
    labels = {one.name.removesuffix("_total"): set(one.labels) for one in METRICS}
    for name, family in families.items():
        assert all(labels[name] == set(one.labels) - {"le"} for one in family.samples), name
    assert not {assistant, thread, run.id, "me"} & set(text.replace('"', " ").split())


async def test_on_this_machine_anybody_reads_elsewhere_a_key_does(scraped: Api, product, tmp_path):
    key = await scraped.key("prometheus")
    status, _, told = await read(scraped, Host="a.example")
    assert (401, True) == (status, "`spool keys create NAME` makes one" in told)
    assert 200 == (await read(scraped, Host="a.example", Authorization=f"Bearer {key}"))[0]
    assert 403 == (await read(scraped, Host="b.example"))[0]
    assert [401, 200] == [
        (await read(scraped, **{name: "9.9.9.9"}))[0] for name in ("X-Forwarded-For", "X-Other")
    ]

    port = free_port()
    async with product(http=f"0.0.0.0:{port}", http_serve=("metrics",), data_dir=tmp_path / "other"):
        other = Api(f"http://127.0.0.1:{port}/v1", tmp_path / "other")
        assert [401, 401] == [(await read(other))[0], (await read(other, Authorization=f"Bearer {key}"))[0]]
        headers = {"Authorization": f"Bearer {await other.key('prometheus')}"}
        assert 200 == (await read(other, **headers))[0]


async def test_beside_a_page_without_the_api_a_key_reads_and_no_token_of_the_page(product, tmp_path):
    port = free_port()
    settings = {"http_serve": ("console", "metrics"), "http_hosts": ("a.example",)}
    async with product(http=f"127.0.0.1:{port}", **settings):
        api = Api(f"http://127.0.0.1:{port}/v1", tmp_path / "data")
        async with browser(api, admin=True) as mina:
            secrets = [(await mina.post("/console/api/token"))["token"], await api.key("prometheus")]
            tried = [await read(api, Host="a.example", Authorization=f"Bearer {one}") for one in secrets]
    assert [401, 200] == [status for status, *_ in tried]


async def test_what_is_deleted_stays_counted_and_its_number_hides_nothing(scraped: Api):
    """SQLite gives the number of the newest row, once that is deleted, to the next one."""
    client = await scraped.client("me")
    made = await client.beta.assistants.create(model=MODEL)
    for count in (1, 2):
        begun = await client.beta.threads.create_and_run(
            assistant_id=made.id, thread={"messages": [{"role": "user", "content": "hello"}]}
        )
        await samples(scraped)  # one that may not have ended yet
        await ended(client, begun.thread_id, begun.id, "completed")
        found = await samples(scraped)
        assert count == found["spool_runs_total", "completed"]
        assert count == found["spool_answer_seconds_count", "api"]
        await client.beta.threads.delete(begun.thread_id)
    assert 2 == (await samples(scraped))["spool_messages_total", "run", "completed", "api"]
