"""core.settings.proxy: one decision for every client."""

from __future__ import annotations

import pytest

from core.settings.proxy import proxy_for

ENVIRONMENT = {"HTTPS_PROXY": "http://proxy:1", "HTTP_PROXY": "proxy:2"}


@pytest.mark.parametrize(
    ("url", "environment", "proxy"),
    [
        ("wss://discord.gg/?v=10", {}, "http://proxy:1"),
        ("https://discord.com/api", {}, "http://proxy:1"),
        ("http://x:80/", {}, "http://proxy:2"),
        ("ws://x:80/", {}, "http://proxy:2"),
        ("https://files.slack.com/a", {"NO_PROXY": "slack.com"}, None),
        ("https://files.slack.com/a", {"NO_PROXY": " .slack.com , x"}, None),
        ("https://notslack.com/a", {"NO_PROXY": "slack.com"}, "http://proxy:1"),
        ("https://a.b:8443/", {"NO_PROXY": "a.b:8443"}, None),
        ("https://a.b/", {"NO_PROXY": "*"}, None),
        ("http://10.1.2.3:8000/v1", {"NO_PROXY": "localhost,10.0.0.0/8"}, None),
        ("http://11.1.2.3:8000/v1", {"NO_PROXY": "10.0.0.0/8,/8,x/y"}, "http://proxy:2"),
        ("http://localhost:1/", {}, None),
        ("http://bot.localhost:1/", {}, None),
        ("ws://127.0.0.1:1/", {}, None),
        ("https://127.9.9.9/", {}, None),
        ("http://[::1]:1/", {}, None),
        ("http://127.0.0.1.example.com/", {}, "http://proxy:2"),
        ("https://a.b/", {"HTTPS_PROXY": "", "ALL_PROXY": "http://all:3"}, "http://all:3"),
        ("https://a.b/", {"HTTPS_PROXY": ""}, None),
    ],
)
def test_the_environment_names_the_proxy(url, environment, proxy, monkeypatch):
    """By scheme, a WebSocket's being that of its HTTP; NO_PROXY excepts hosts and networks."""
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"):
        for written in (name, name.lower()):
            monkeypatch.delenv(written, raising=False)
        if value := {**ENVIRONMENT, **environment}.get(name):
            monkeypatch.setenv(name, value)
    assert proxy == proxy_for(url)
