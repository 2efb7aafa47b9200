"""core.tools.examples.http_get: reads what its operator allows, and cannot be led anywhere else."""

from __future__ import annotations

import http.server
import json
import shutil
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.tools import Result, Toolbox, execute
from core.tools.examples.http_get import http_get, public
from tests.core.tools.folder import placed


@pytest.mark.parametrize(
    "url",
    [
        *("http://localhost/", "file:///etc/passwd", "https://", "https://example.org/", "https://[::1]/"),
        *("https://localhost.example.org/", "https://localhost@example.org/", "https://user:pass@localhost/"),
        *("https://localhost:22/", "https://localhost/a b", "https://localhost/\r\nX-Header: 1"),
        *("https://localhost/é", "https://localhost:99999/"),
    ],
)
async def test_other_addresses_are_refused(url, tmp_path):
    """Before anything is sent anywhere. A name may point anywhere, also into the operator's network."""
    with pytest.raises(ValueError, match="Allowed: none yet: the operator lists them"):
        http_get("https://example.org/")
    box = placed(tmp_path / "tools", "http_get", HOSTS='frozenset({"localhost"})')
    result = await read(box, url)
    assert result.output.startswith("error: ValueError: ")
    assert "not a public host" not in result.output
    assert "“localhost” is not a public host" in (await read(box, "https://localhost/")).output


PUBLIC = "93.184.215.14 2606:2800:21f:cb07:6820:80da:af6b:8b2c 64:ff9b::808:808 2002:808:808:: ::ffff:8.8.8.8"
INSIDE = """
127.0.0.1 10.1.2.3 192.168.0.1 172.16.0.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 255.255.255.255
::1 :: fe80::1%eth0 fd00::1 ff02::1 64:ff9b:1::808:808 ::127.0.0.1 ::8.8.8.8 ::ffff:0:127.0.0.1 fec0::1
5f00::1 192.0.0.8 192.0.0.9 192.88.99.1 240.0.0.1 198.18.0.1 4000::1 2001::1 2001:20::1 2001:db8::1
3fff::1 2002:c058:6301:: 64:ff9b::c000:8 2606:2800::5efe:a00:1 2606:2800::200:5efe:7f00:1
::ffff:127.0.0.1 ::ffff:169.254.169.254 2002:7f00:1:: 64:ff9b::10.0.0.1
"""


@pytest.mark.parametrize("address", [*PUBLIC.split(), *INSIDE.split()])
def test_addresses_of_the_internet(address):
    """Everything else is somebody's inside, also when written in another way."""
    assert public(address) is (address in PUBLIC.split())


class Site(http.server.BaseHTTPRequestHandler):
    """A host with every kind of answer."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """By the path."""
        path = self.path.split("?")[0]
        if path.startswith("/to/"):
            self._answer(302, "text/plain", b"", Location=self.path.removeprefix("/to/"))
        elif path == "/loop":
            self._answer(302, "text/plain", b"", Location="/loop")
        elif path == "/picture":
            self._answer(200, "image/png", b"\x89PNG")
        elif path == "/missing":
            self._answer(404, "text/plain", b"nothing here")
        elif path == "/long":
            self._answer(200, "text/plain", b"x" * 300_000)
        elif path == "/slow":
            self._drip()
        else:
            self._answer(
                200, "application/json; charset=latin-1", f'{{"path": "{self.path}é"}}'.encode("latin-1")
            )

    def _answer(self, status: int, kind: str, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _drip(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", "1000000")
        self.end_headers()
        try:
            for _ in range(100):
                self.wfile.write(b".")
                time.sleep(0.05)
        except OSError:
            self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Nobody reads it."""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of localhost with its key, made for these tests."""
    if not (openssl := shutil.which("openssl")):
        pytest.skip("openssl is not installed")
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    command = [
        openssl,
        *["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext"],
    ]
    command += ["subjectAltName=DNS:localhost,DNS:other.localhost", "-keyout", str(path)]
    subprocess.run([*command, "-out", f"{path}.crt"], check=True, capture_output=True)
    path.write_text(path.read_text() + Path(f"{path}.crt").read_text())
    return path


@pytest.fixture
def site(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a host with TLS whose certificate is trusted."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("SSL_CERT_FILE", f"{certificate}.crt")
    yield f"https://localhost:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def allowed(tmp_path: Path) -> Toolbox:
    """The tool of an operator who allows a host of the own network."""
    return placed(
        tmp_path / "tools", "http_get", HOSTS='frozenset({"localhost"})', PRIVATE="True", SECONDS="0.5"
    )


async def read(box: Toolbox, url: str) -> Result:
    """What the model gets for a URL."""
    return await execute(box.get("http_get"), "http_get", json.dumps({"url": url}), seconds=10)


async def test_a_page_is_read(site, allowed):
    """With its status, in its own encoding, without what is after #. An error's page, but no picture."""
    result = await read(allowed, f"{site}/items?page=2#top")
    assert result == Result('HTTP 200\n{"path": "/items?page=2é"}', ok=True)
    assert (await read(allowed, f"{site}/missing")).output == "HTTP 404\nnothing here"
    assert "image/png, not text" in (await read(allowed, f"{site}/picture")).output


async def test_redirects_stay_with_allowed_hosts(site, allowed):
    """Each is judged like the first address."""
    assert (await read(allowed, f"{site}/to//items")).ok
    assert "is not allowed" in (await read(allowed, f"{site}/to/https://other.localhost/")).output
    assert "begin with https://" in (await read(allowed, f"{site}/to/http://localhost/")).output
    assert "more than 3 redirects" in (await read(allowed, f"{site}/loop")).output


async def test_no_more_is_read_than_allowed(site, tmp_path):
    """And what is missing is said."""
    box = placed(
        tmp_path / "tools", "http_get", HOSTS='frozenset({"localhost"})', PRIVATE="True", MOST_BYTES="1000"
    )
    assert (await read(box, f"{site}/long")).output == f"HTTP 200\n{'x' * 1000}\n[cut at 1,000 bytes]"


async def test_a_slow_host_is_given_up(site, allowed):
    """Also one that sends a little all the time."""
    started = time.monotonic()
    assert "took longer than 0.5 seconds" in (await read(allowed, f"{site}/slow")).output
    assert time.monotonic() - started < 3


async def test_a_certificate_nobody_vouches_for_is_refused(site, allowed, monkeypatch):
    """The host may be another."""
    monkeypatch.delenv("SSL_CERT_FILE")
    assert "SSLCertVerificationError" in (await read(allowed, f"{site}/items")).output
