"""Calls of a function as the model makes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.tools import Result, Tool, Toolbox, execute


def made(function: Callable[..., Any]) -> Tool:
    """The tool that a function is."""
    (found,) = Toolbox.of(function)
    return found


async def call(function: Callable[..., Any], arguments: str = "{}", seconds: float = 5) -> Result:
    """The result of one call."""
    one = made(function)
    return await execute(one, one.name, arguments, seconds=seconds)


async def error(function: Callable[..., Any], arguments: str = "{}", seconds: float = 5) -> str:
    """What the model reads of a call that went wrong."""
    result = await call(function, arguments, seconds)
    assert not result.ok
    assert result.output.startswith("error: ")
    return result.output


def greet(name: str, times: int = 1) -> str:
    """Greet somebody."""
    return f"Hello {name}!" * times
