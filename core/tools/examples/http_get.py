"""Reading a page or an API of the hosts that you allow. Nothing is allowed until you name a host below.

Only https, only GET, no redirect to another host, no address inside of your network, no login of yours, and
bounded in size and time. What it reads was written by others and reaches the model as it is.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import time
from urllib.parse import urljoin, urlsplit

from core.tools import tool

HOSTS: frozenset[str] = frozenset()
"""Host names that may be read, each exactly as in its URL: frozenset({"api.example.com", "example.org"})."""
PRIVATE = False
"""True allows hosts whose address is inside of your own network or this machine."""
MOST_BYTES = 200_000
SECONDS = 15.0
REDIRECTS = 3
TEXT = ("text/", "application/json", "application/xml", "application/rss+xml", "application/atom+xml")


@tool(seconds=SECONDS + 5)
def http_get(url: str) -> str:
    """Read a web page or an API answer as text. Only some hosts are allowed; the error says which.

    Args:
        url: the complete address, beginning with https://
    """
    deadline = time.monotonic() + SECONDS
    for _ in range(REDIRECTS + 1):
        host, port, target = _checked(url)
        connection = _Pinned(host, port, deadline)
        try:
            location, text = read(connection, target, deadline)
        except TimeoutError:
            raise TimeoutError(f"{host} took longer than {SECONDS:g} seconds") from None
        finally:
            connection.close()
        if not location:
            return text
        url = urljoin(url, location)
    raise ValueError(f"more than {REDIRECTS} redirects")


def _checked(url: str) -> tuple[str, int, str]:
    """Host, port and target of a URL that may be read. Raises ValueError."""
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme != "https" or not host:
        raise ValueError("the url must begin with https://")
    if host not in HOSTS:
        allowed = ", ".join(sorted(HOSTS)) or "none yet: the operator lists them in http_get.py"
        raise ValueError(f"the host “{host[:100]}” is not allowed. Allowed: {allowed}")
    if parts.username is not None or (parts.port not in (None, 443) and not PRIVATE):
        raise ValueError("a url with a login or a port is not allowed")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not target.isascii() or any(character <= " " for character in target):
        raise ValueError("the url has characters that must be percent-encoded")
    return host, parts.port or 443, target


class _Pinned(http.client.HTTPSConnection):
    """A connection to the address that was checked: the name is not looked up a second time."""

    def __init__(self, host: str, port: int, deadline: float) -> None:
        super().__init__(host, port, timeout=max(deadline - time.monotonic(), 0.1))
        self._tls = ssl.create_default_context()

    def connect(self) -> None:
        address = _address(self.host, self.port)
        plain = socket.create_connection((address, self.port), self.timeout)
        try:
            self.sock = self._tls.wrap_socket(plain, server_hostname=self.host)
        except BaseException:
            plain.close()
            raise


def _address(host: str, port: int) -> str:
    """An address of the host. Raises ValueError when one of its addresses is not public."""
    found = [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not PRIVATE and not all(public(address) for address in found):
        raise ValueError(f"“{host}” is not a public host")
    return found[0]


UNICAST = ipaddress.ip_network("2000::/3")
"""All that IANA has given to the IPv6 Internet; whatever lies outside is somebody's inside."""
TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
SPECIAL = tuple(map(ipaddress.ip_network, ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "3fff::/20")))
"""Ranges that not every Python calls special: https://www.iana.org/assignments/iana-ipv4-special-registry"""


def public(address: str) -> bool:
    """Whether an address is one of the Internet, also when it hides in an IPv6 address."""
    ip = ipaddress.ip_address(address.split("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        last = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        inner = ip.ipv4_mapped or ip.sixtofour or (last if ip in TRANSLATED else None)
        if inner is not None:
            return public(str(inner))
        tunnel = int(ip) >> 32 & 0xFDFFFFFF == 0x5EFE  # ISATAP: the interface's name holds an address
        if ip not in UNICAST or (tunnel and not public(str(last))):
            return False
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in SPECIAL)


def read(connection: http.client.HTTPConnection, target: str, deadline: float) -> tuple[str, str]:
    """Where the answer redirects to, else "", and its text. Raises ValueError or TimeoutError."""
    headers = {
        "User-Agent": "spool-http-get",
        "Accept": "text/*, application/json",
        "Accept-Encoding": "identity",
    }
    connection.request("GET", target, headers=headers)
    response = connection.getresponse()
    if response.status in (301, 302, 303, 307, 308) and (location := response.getheader("Location")):
        return location, ""
    kind = response.headers.get_content_type()
    if not kind.startswith(TEXT):
        raise ValueError(f"the answer is {kind}, not text")
    body = _body(connection, response, deadline)
    text = body[:MOST_BYTES].decode(response.headers.get_content_charset("utf-8"), "replace")
    note = f"\n[cut at {MOST_BYTES:,} bytes]" if len(body) > MOST_BYTES else ""
    return "", f"HTTP {response.status}\n{text}{note}"


def _body(
    connection: http.client.HTTPConnection, response: http.client.HTTPResponse, deadline: float
) -> bytes:
    """At most one byte more than is taken. A server that sends one byte at a time does not get more time."""
    body = bytearray()
    while len(body) <= MOST_BYTES and (chunk := _chunk(connection, response, deadline)):
        body += chunk
    return bytes(body[: MOST_BYTES + 1])


def _chunk(
    connection: http.client.HTTPConnection, response: http.client.HTTPResponse, deadline: float
) -> bytes:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    if connection.sock is not None:
        connection.sock.settimeout(left)
    return response.read1(65536)
