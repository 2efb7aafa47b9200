"""core.tools.examples: each works as it is copied, says what was wrong, and can be made to do no harm."""

from __future__ import annotations

import http.server
import json
import re
import shutil
import ssl
import subprocess
import textwrap
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bots.commands.tools import EXAMPLES
from bots.standins.openai.tools import check_tools
from core.settings import Settings
from core.tools import Result, Toolbox, arguments, execute, load, output
from core.tools.examples.calculator import calculate
from core.tools.examples.clock import current_time
from core.tools.examples.http_get import http_get, public
from core.tools.function import AT_ONCE

GUIDE = Path(__file__).parent.parent / "docs" / "tools.md"


def placed(folder: Path, name: str, **changes: str) -> Toolbox:
    """An example in the operator's folder, with the constants at its top changed."""
    folder.mkdir(mode=0o700, exist_ok=True)
    text = (EXAMPLES / f"{name}.py").read_text("utf-8")
    for constant, value in changes.items():
        text, count = re.subn(
            rf"^{constant}(: \S+)? = .*$", f"{constant} = {value}", text, flags=re.MULTILINE
        )
        assert count == 1
    (folder / f"{name}.py").write_text(text, "utf-8")
    (folder / f"{name}.py").chmod(0o600)
    box = load(folder, seconds=30)
    assert not box.problems
    return box


@pytest.mark.parametrize("name", ["clock", "calculator", "http_get"])
def test_examples_are_tools_the_service_takes(name: str, tmp_path: Path) -> None:
    """Copied, unchanged: described in full, none of them asks first."""
    box = placed(tmp_path / "tools", name)

    check_tools(list(box.specs()))
    (tool,) = box
    assert tool.description
    assert not tool.confirm
    assert all(part["description"] for part in tool.parameters["properties"].values())


def test_the_clock_knows_time_zones() -> None:
    """The named one, with its offset."""
    before = datetime.now(UTC).replace(microsecond=0)
    text = current_time("Asia/Seoul")
    after = datetime.now(UTC)

    assert text.endswith(" KST (UTC+0900), time zone Asia/Seoul")
    shown = datetime.strptime(text.split(" KST ")[0] + " +0900", "%A, %Y-%m-%d %H:%M:%S %z")
    assert before <= shown <= after


async def test_the_clock_has_a_zone_of_its_own(tmp_path: Path) -> None:
    """The operator's, where none is named."""
    box = placed(tmp_path / "tools", "clock", ZONE='"America/New_York"')

    result = await execute(box.get("current_time"), "current_time", '{"zone": null}', seconds=5)

    assert result.output.endswith("time zone America/New_York")


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("Seoul", "Asia/Seoul"),
        ("Europe/Berlim", "Europe/Berlin"),
        ("new york", "America/New_York"),
        ("Asia", "no time zone “Asia”"),
        ("../../../etc/passwd", "no time zone"),
        ("/etc/passwd", "no time zone"),
        ("x" * 500, "Asia/Seoul"),
    ],
)
def test_the_clock_says_what_comes_near(zone: str, words: str) -> None:
    """So that the model's next call is right."""
    with pytest.raises(ValueError, match=words) as caught:
        current_time(zone)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1 + 2 * 3", "7"),
        ("(1 + 2) * 3", "9"),
        ("0.1 + 0.2", "0.3"),
        ("-7 // 2", "-4"),
        ("7 % 3", "1"),
        ("2 ** 100", "1267650600228229401496703205376"),
        ("2 ** -1", "0.5"),
        ("10 / 4", "2.5"),
        ("sqrt(2) * max(1, 2)", "2.82842712474619"),
        ("round(2.567, 1) + floor(-1.5)", "0.6"),
        ("sin(pi / 2) + log(e)", "2"),
        (" +5 ", "5"),
        ("1_000 * 1e3", "1000000"),
    ],
)
def test_the_calculator_calculates(expression: str, value: str) -> None:
    """Whole numbers exactly, others without the noise of binary fractions."""
    assert calculate(expression) == value


@pytest.mark.parametrize(
    "expression",
    [
        "9**9**9",
        "9**9**9**9",
        "10**10000000 - 10**10000000",
        "(2**4000)**4000",
        "(2**4000) * (2**4000)",
        "round(5, -10**9)",
        "round(5.5, 10**9)",
        "exp(10**6)",
        "1e308 * 10",
        "2.0 ** 1e6",
        "10**400 / 3",
        "floor(1e400)",
        "(" * 250 + "1" + ")" * 250,
        "-" * 499 + "1",
        "1+" * 249 + "1",
        "9" * 501,
        "1 / 0",
        "(-8) ** 0.5",
        "sqrt(-1)",
        "2 ^ 3",
        "1 +",
        "",
        "x",
        "True",
        "'a' * 9",
        "[1] * 9",
        "__import__('os').system('true')",
        "(1).__class__",
        "max(1, key=abs)",
        "sqrt.__self__",
        "lambda: 1",
        "1 if 1 else 2",
        "1; 2",
        "max(*[1])",
        "1 << 10**9",
        "\x00",
    ],
)
async def test_the_calculator_cannot_be_misled(expression: str) -> None:
    """Nothing takes long, nothing but arithmetic is understood, and each end is a readable text."""
    box = Toolbox.of(calculate)
    started = time.monotonic()

    result = await execute(box.get("calculate"), "calculate", _json(expression), seconds=5)

    if expression not in ("-" * 499 + "1", "1+" * 249 + "1"):
        assert not result.ok
        assert re.match(r"error: (ValueError|ZeroDivisionError|TypeError): .", result.output)
    assert time.monotonic() - started < 2


def _json(expression: str) -> str:
    return json.dumps({"expression": expression})


def test_only_named_hosts_are_read() -> None:
    """None before the operator names one, and the model is told who can change that."""
    with pytest.raises(ValueError, match="Allowed: none yet: the operator lists them"):
        http_get("https://example.org/")


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost/",
        "file:///etc/passwd",
        "https://",
        "https://example.org/",
        "https://localhost.example.org/",
        "https://localhost@example.org/",
        "https://user:pass@localhost/",
        "https://localhost:22/",
        "https://localhost/a b",
        "https://localhost/\r\nX-Header: 1",
        "https://localhost/é",
        "https://[::1]/",
        "https://localhost:99999/",
    ],
)
async def test_other_addresses_are_refused(url: str, tmp_path: Path) -> None:
    """Before anything is sent anywhere."""
    result = await read(placed(tmp_path / "tools", "http_get", HOSTS='frozenset({"localhost"})'), url)

    assert result.output.startswith("error: ValueError: ")
    assert "not a public host" not in result.output


async def test_an_allowed_host_with_a_private_address_is_refused(tmp_path: Path) -> None:
    """A name may point anywhere, also into the operator's network."""
    box = placed(tmp_path / "tools", "http_get", HOSTS='frozenset({"localhost"})')

    assert "“localhost” is not a public host" in (await read(box, "https://localhost/")).output


@pytest.mark.parametrize(
    ("address", "is_public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        *(
            (address, False)
            for address in (
                *("127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.1", "169.254.169.254", "100.64.0.1"),
                *(
                    "0.0.0.0",
                    "224.0.0.1",
                    "255.255.255.255",
                    "::1",
                    "::",
                    "fe80::1%eth0",
                    "fd00::1",
                    "ff02::1",
                ),
                *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "2002:7f00:1::", "64:ff9b::10.0.0.1"),
            )
        ),
    ],
)
def test_addresses_of_the_internet(address: str, is_public: bool) -> None:
    """Everything else is somebody's inside, also when written in another way."""
    assert public(address) is is_public


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
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
    ]
    command += ["-addext", "subjectAltName=DNS:localhost,DNS:other.localhost"]
    subprocess.run([*command, "-keyout", str(path), "-out", f"{path}.crt"], check=True, capture_output=True)
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


async def test_a_page_is_read(site: str, allowed: Toolbox) -> None:
    """With its status, in its own encoding; parts of the URL after # stay here."""
    result = await read(allowed, f"{site}/items?page=2#top")

    assert result == Result('HTTP 200\n{"path": "/items?page=2é"}', ok=True)


async def test_an_error_page_is_read(site: str, allowed: Toolbox) -> None:
    """It often says what was wrong."""
    assert (await read(allowed, f"{site}/missing")).output == "HTTP 404\nnothing here"


async def test_redirects_stay_with_allowed_hosts(site: str, allowed: Toolbox) -> None:
    """Each is judged like the first address."""
    assert (await read(allowed, f"{site}/to//items")).ok
    assert "is not allowed" in (await read(allowed, f"{site}/to/https://other.localhost/")).output
    assert "begin with https://" in (await read(allowed, f"{site}/to/http://localhost/")).output
    assert "more than 3 redirects" in (await read(allowed, f"{site}/loop")).output


async def test_only_text_is_read(site: str, allowed: Toolbox) -> None:
    """A model has no use for the rest."""
    assert "image/png, not text" in (await read(allowed, f"{site}/picture")).output


async def test_no_more_is_read_than_allowed(site: str, tmp_path: Path) -> None:
    """And what is missing is said."""
    box = placed(
        tmp_path / "tools", "http_get", HOSTS='frozenset({"localhost"})', PRIVATE="True", MOST_BYTES="1000"
    )

    assert (await read(box, f"{site}/long")).output == f"HTTP 200\n{'x' * 1000}\n[cut at 1,000 bytes]"


async def test_a_slow_host_is_given_up(site: str, allowed: Toolbox) -> None:
    """Also one that sends a little all the time."""
    started = time.monotonic()

    assert "took longer than 0.5 seconds" in (await read(allowed, f"{site}/slow")).output
    assert time.monotonic() - started < 3


async def test_a_certificate_nobody_vouches_for_is_refused(
    site: str, allowed: Toolbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The host may be another."""
    monkeypatch.delenv("SSL_CERT_FILE")

    assert "SSLCertVerificationError" in (await read(allowed, f"{site}/items")).output


BLOCKS = re.findall(r"^( *)```python\n(.*?)^\1```$", GUIDE.read_text("utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_the_guide_tells_the_truth(number: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every example of docs/tools.md is loaded without a problem, and what it asserts holds."""
    folder = tmp_path / "tools"
    folder.mkdir(mode=0o700)
    (folder / "block.py").write_text(textwrap.dedent(BLOCKS[number][1]), "utf-8")
    (folder / "block.py").chmod(0o600)

    box = load(folder, seconds=1)

    assert (len(box), box.problems) == (1, ())
    check_tools(list(box.specs()))


def test_the_limits_of_the_guide_are_those_of_the_code() -> None:
    """The numbers of the table."""
    table = GUIDE.read_text("utf-8").split("## Limits")[1].split("##")[0]

    for value in (output.LONGEST, arguments.LONGEST, output.MOST_FILES, AT_ONCE):
        assert f"{value:,}" in table
    assert f"{output.MOST_BYTES // 1024**2} MiB" in table
    assert f"TOOL_SECONDS` ({Settings().tool_seconds})" in table
