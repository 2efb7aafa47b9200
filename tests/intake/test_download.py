"""bots.intake.download: what is fetched from where, and what no server can make us do."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator

import aiohttp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from yarl import URL

from bots.intake.download import Hosts, Redirected, download, words
from core.errors import FileRefused, Retryable
from tests.spy import spying

SLACK = Hosts("https://slack.com/api/", "slack.com", frozenset({"slack-files.com"}), (".slack.com",))
GOVERNMENT = Hosts("https://slack-gov.com/api/", "slack.com", SLACK.own, SLACK.domains)
LOCAL = Hosts("http://127.0.0.1:8080/api/", "slack.com", SLACK.own, SLACK.domains)
DISCORD = Hosts("https://discord.com/api/v10", "discord.com", frozenset({"cdn.discordapp.com"}))


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.mark.parametrize(
    ("hosts", "url"),
    [
        (SLACK, "https://files.slack.com/files-pri/T1-F1/a.png"),
        (SLACK, "https://acme.slack.com/files-pri/T1-F1/a.png"),
        *((SLACK, url) for url in ("https://FILES.slack.com/a", "https://slack-files.com/T1-F1-x")),
        (SLACK, "https://files.slack.com:443/a"),
        *((GOVERNMENT, url) for url in ("https://files.slack-gov.com/a", "https://slack-gov.com/a")),
        (GOVERNMENT, "https://files.slack.com/a"),
        (LOCAL, "http://127.0.0.1:8080/files-pri/x"),
        (DISCORD, "https://cdn.discordapp.com/attachments/1/2/a.png?ex=1&is=2&hm=3&"),
    ],
)
def test_the_platforms_own_hosts_are_asked(hosts, url):
    """And what stands beside an API elsewhere: a proxy, a stand-in."""
    allowed = hosts.allowed(url)

    assert allowed is not None
    assert URL(url) == allowed


@pytest.mark.promise("F1")
@pytest.mark.parametrize(
    ("hosts", "url"),
    [
        *((SLACK, url) for url in ("http://files.slack.com/a", "http://files.slack.com:443/a")),
        (SLACK, "https://files.slack.com:8443/a"),
        *((SLACK, url) for url in ("https://files.slack.com.evil.example/a", "https://evilslack.com/a")),
        (SLACK, "https://evil.slack-files.com/a"),
        (SLACK, "https://files.slack.com@evil.example/a"),
        *((SLACK, url) for url in ("https://user@files.slack.com/a", "https://user:word@files.slack.com/a")),
        (SLACK, "https://evil.example\\@files.slack.com/a"),
        *((SLACK, url) for url in ("https://files.slack.com\\.evil.example/a", "//files.slack.com/a")),
        *((SLACK, url) for url in ("/files-pri/a", "ftp://files.slack.com/a", "file:///etc/passwd")),
        *((SLACK, url) for url in ("https://", "https://[::1", "https://files.slack.com:99999/a")),
        *((SLACK, url) for url in ("https://docs.google.com/a", "http://169.254.169.254/latest/meta-data")),
        (SLACK, ""),
        (GOVERNMENT, "http://files.slack-gov.com/a"),
        *((LOCAL, url) for url in ("http://127.0.0.1:8081/a", "https://127.0.0.1:8080/a")),
        (LOCAL, "http://x.127.0.0.1:8080/a"),
        (DISCORD, "https://discord.com/api/v10/users/@me"),
        *((DISCORD, url) for url in ("https://evil.cdn.discordapp.com/a", "https://files.slack.com/a")),
    ],
)
def test_no_other_host_is_asked(hosts, url):
    assert hosts.allowed(url) is None


@settings(max_examples=50)
@given(st.text())
def test_no_address_breaks_it(address):
    assert SLACK.allowed(f"https://{address}.example") is None
    assert SLACK.allowed(address) is None


async def test_bytes_come_as_they_are(session):
    async with spying(headers={"Content-Type": "Text/CSV; charset=x"}) as spy:
        found = await download(session, URL(spy.url), 6, {"Authorization": "Bearer x"})

    assert ("text/csv", b"secret") == found
    assert ["Bearer x"] == [headers["Authorization"] for headers in spy.heard]


@pytest.mark.promise("F2")
@pytest.mark.parametrize("chunked", [True, False])
async def test_no_more_than_the_limit_is_read(session, chunked):
    async with spying(body=b"x" * 50_000_001, chunked=chunked) as spy:
        with pytest.raises(FileRefused, match="file_too_large"):
            await download(session, URL(spy.url), 50_000)

    assert spy.sent < 20_000


@pytest.mark.promise("F2")
async def test_a_compressed_answer_is_refused(session):
    """Nobody asked for one: a few bytes could become very many."""
    headers = {"Content-Encoding": "gzip"}
    async with spying(body=gzip.compress(bytes(1000)), headers=headers) as spy:
        with pytest.raises(FileRefused, match="file_unavailable"):
            await download(session, URL(spy.url), 9999)

    assert ["identity"] == [headers["Accept-Encoding"] for headers in spy.heard]


@pytest.mark.promise("F1")
async def test_redirects_are_not_followed(session):
    """Whoever fetches decides what it means to be sent elsewhere."""
    async with spying() as other, spying(status=302, headers={"Location": "x"}) as spy:
        spy.headers["Location"] = other.url
        with pytest.raises(Redirected, match=other.url):
            await download(session, URL(spy.url), 9)

    assert [] == other.heard


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        *((code, "file_forbidden") for code in (401, 403)),
        *((code, "file_deleted") for code in (404, 410)),
        *((code, "file_unavailable") for code in (201, 206, 400, 418)),
    ],
)
async def test_what_is_refused_for_good(session, status, reason):
    async with spying(status=status) as spy:
        with pytest.raises(FileRefused, match=reason):
            await download(session, URL(spy.url), 9)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503])
@pytest.mark.parametrize(
    ("header", "wait"), [({}, None), ({"Retry-After": "7"}, 7.0), ({"Retry-After": "x"}, None)]
)
async def test_what_may_pass(session, status, header, wait):
    async with spying(status=status, headers=header) as spy:
        with pytest.raises(Retryable) as error:
            await download(session, URL(spy.url), 9)

    assert (f"http_{status}", wait) == (error.value.code, error.value.retry_after)


async def test_nobody_there_may_pass(session):
    async with spying() as spy:
        gone = URL(spy.url)
    with pytest.raises(Retryable):
        await download(session, gone, 9)
    await session.close()
    with pytest.raises(Retryable):
        await download(session, gone, 9)


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (["a"], "a"),
        ([None, 5, ["x"], "b"], "b"),
        (["", "a b", "a\n", "é", "\ud800", "x" * 11, "ok"], "ok"),
        ([], ""),
        ([None], ""),
    ],
)
def test_words(values, found):
    assert found == words(values, 10)
