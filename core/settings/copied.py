"""What goes wrong when a key, a token or an address is copied by hand."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

CALLS = ("/responses", "/chat/completions", "/completions", "/models", "/embeddings")
"""Ends of addresses that are one call of a model server, not the server."""
_HERE = (".local", ".internal", ".localhost", ".lan", ".home.arpa")
"""Ends of names that no public host has."""


def unlike_a_key(name: str, value: str) -> list[str]:
    """What no key and no token has in it; the value itself is not repeated."""
    wrong = next((letter for letter in value if not "!" <= letter <= "~"), "")
    if not wrong:
        return []
    shown = "a blank" if wrong.isspace() else f"“{wrong}”" if wrong.isprintable() else "a control character"
    return [
        f"{name} has {shown} in it, which no key has. Copy it once more, with the service's own copy button."
    ]


def unlike_a_server(name: str, url: str) -> list[str]:
    """What makes an address none of a model server: it names one of its calls, or no host."""
    parts = urlsplit(url)
    path = parts.path.rstrip("/")
    if url and not parts.hostname:
        return [f"{name} has no host in it. Write it like https://llm.example.com/v1."]
    call = next((one for one in CALLS if path.endswith(one)), "")
    if call:
        return [
            f"{name} ends in {call}, which is one call of the server. Write only what stands before that."
        ]
    return []


def in_the_clear(url: str) -> bool:
    """Whether what is sent there can be read on its way through the internet."""
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme not in ("http", "ws") or not host:
        return False
    try:
        return ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith(_HERE)
