"""Spool as an HTTP server in this process, between a stand-in of the model server and the real SDK."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from openai import AsyncOpenAI

from standins.local import free_port
from tests.conftest import Product
from tests.tool_files import PAY, put_tool
from tests.web.browser import SERVED
from tests.web.clients import Api


@pytest.fixture
async def api(product: Product, tmp_path: Path) -> AsyncIterator[Api]:
    port = free_port()
    async with product(http=f"127.0.0.1:{port}", openai_features="full"):
        api = Api(f"http://127.0.0.1:{port}/v1", tmp_path / "data")
        async with api.stack:
            yield api


@pytest.fixture
async def client(api: Api) -> AsyncOpenAI:
    return await api.client("me")


@pytest.fixture
async def console(product: Product, tmp_path: Path) -> AsyncIterator[Api]:
    """The same with the web page, and a function that asks first."""
    port = free_port()
    put_tool(tmp_path / "data", "pay", PAY)
    async with product(http=f"127.0.0.1:{port}", http_serve=SERVED, openai_features="full"):
        api = Api(f"http://127.0.0.1:{port}/v1", tmp_path / "data")
        async with api.stack:
            yield api
