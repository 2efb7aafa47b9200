"""The HTTP client under the vendor's SDK."""

from __future__ import annotations

from typing import Any

import httpx2
import openai

from core.settings.proxy import proxy_for

USUAL = "https://api.openai.com/v1"


def http_client(base_url: str | None, **how: Any) -> httpx2.AsyncClient:
    """The SDK's client over aiohttp, for one server: through the proxy that `settings.proxy` names."""
    proxy = proxy_for(base_url or USUAL)
    direct = dict.fromkeys(("all://", "http://", "https://"))  # in place of what httpx2 reads for itself
    route: dict[str, Any] = {"proxy": proxy} if proxy else {"mounts": direct}
    # Not redirected: the whole conversation would be sent to whatever host is named.
    return openai.DefaultAioHttpClient(follow_redirects=False, **route, **how)
