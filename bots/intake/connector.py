"""The connections of every chat client: through the proxy of the environment where there is one."""

from __future__ import annotations

from typing import Any

import aiohttp
from yarl import URL

from core.proxy import proxy_for


class Connector(aiohttp.TCPConnector):
    """aiohttp's, which decides the proxy for each request, whatever the SDK above it made of the environment.

    It overrides what aiohttp does not promise to keep; `tests/both/test_proxy.py` would see it.
    """

    async def connect(self, req: aiohttp.ClientRequest, *args: Any, **more: Any) -> Any:
        """See `aiohttp.TCPConnector`."""
        proxy = proxy_for(str(req.url))
        req.update_proxy(URL(proxy) if proxy else None, None, None)
        return await super().connect(req, *args, **more)
