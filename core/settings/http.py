"""Where HTTP is served, and what: HTTP, HTTP_SERVE and HTTP_HOSTS."""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Final, NamedTuple

HERE: Final = "127.0.0.1:8080"
SERVED: Final = ("api", "health")
"""Where nobody says otherwise."""
CONSOLE: Final = "console"
METRICS: Final = "metrics"
_KNOWN: Final = (*SERVED, CONSOLE, METRICS)
LATER: Final = ("slack",)
_WORDS: Final = f"{', '.join(_KNOWN[:-1])} and {_KNOWN[-1]}"
_ADDRESS: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):([0-9]{1,5})")
_HOST: Final = re.compile(r"\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+")


class Listening(NamedTuple):
    """An address to listen on; the host as it stands in a URL. Port 0: any that is free."""

    host: str
    port: int

    @property
    def bare(self) -> str:
        """The host as a socket wants it."""
        return self.host.strip("[]")

    @property
    def local(self) -> bool:
        """Whether only this machine reaches it."""
        try:
            return ip_address(self.bare).is_loopback
        except ValueError:
            return self.host.lower() == "localhost"


def listening(text: str) -> Listening | None:
    """What HTTP says, None when it is no address."""
    found = _ADDRESS.fullmatch(text)
    if not found or int(found[2]) > 65_535:
        return None
    return Listening(found[1], int(found[2]))


def page(http: str, hosts: Sequence[str]) -> str:
    """Where a browser finds the web page: a host that was named stands behind a proxy that speaks TLS."""
    return f"https://{hosts[0]}" if hosts else f"http://{http or HERE}"


def wrong_http(http: str, serve: Sequence[str], hosts: Sequence[str]) -> list[str]:
    """What is wrong with these settings, each with its cure."""
    problems = []
    if http and listening(http) is None:
        problems.append(f"HTTP={http} is no address. Write it like {HERE}, or empty to serve nothing.")
    for word in serve:
        if word in LATER:
            problems.append(f"HTTP_SERVE: {word} comes with a later version. Use {_WORDS}.")
        elif word not in _KNOWN:
            problems.append(f"HTTP_SERVE: there is no “{word}”. Use {_WORDS}.")
    problems += [
        f"HTTP_HOSTS: {host} is no host. Write only its name, such as spool.example.com, without https:// "
        "and port."
        for host in hosts
        if not _HOST.fullmatch(host)
    ]
    return problems
