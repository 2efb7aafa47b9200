"""Which proxy a request goes through: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY of the environment.

The one place that decides it, so that every client does the same whatever its own habits are.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass


def proxy_for(url: str) -> str | None:
    """The proxy for that address, None for a direct connection: this machine is never behind a proxy."""
    parts = urlsplit(url)
    host, scheme = parts.hostname or "", {"ws": "http", "wss": "https"}.get(parts.scheme, parts.scheme)
    found = getproxies()
    proxy = found.get(scheme) or found.get("all")
    beside = proxy_bypass(host) or proxy_bypass(parts.netloc.rpartition("@")[2])
    if not proxy or beside or _near(host, found.get("no", "")):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _near(host: str, networks: str) -> bool:
    """This machine, or an address in a network that NO_PROXY names (10.0.0.0/8)."""
    if host.rstrip(".") == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or any(_holds(one.strip(), address) for one in networks.split(","))


def _holds(network: str, address: IPv4Address | IPv6Address) -> bool:
    try:
        return "/" in network and address in ip_network(network, strict=False)
    except ValueError:
        return False
