"""The connections of every chat client: through the proxy of the environment where there is one."""

from __future__ import annotations

from typing import Any

import aiohttp
from yarl import URL

from core.settings.proxy import proxy_for


class Connector(aiohttp.TCPConnector):
    """aiohttp's, which decides the proxy for each request, whatever the SDK above it made of the environment.

    It overrides what aiohttp does not promise to keep; `tests/both/test_proxy.py` would see it.
    """

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._proxies: dict[URL, URL | None] = {}
        """By origin, of which there are a few: reading the environment for each request costs 0.3 ms."""

    async def connect(self, req: aiohttp.ClientRequest, *args: Any, **more: Any) -> Any:
        """See `aiohttp.TCPConnector`."""
        origin = req.url.origin()
        if origin not in self._proxies:
            proxy = proxy_for(str(origin))
            self._proxies[origin] = URL(proxy) if proxy else None
        req.update_proxy(self._proxies[origin], None, None)
        return await super().connect(req, *args, **more)
