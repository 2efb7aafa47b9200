"""`@tool`: what makes a function one that the model may call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar, overload

F = TypeVar("F", bound=Callable[..., Any])
MARK: Final = "__spool_tool__"


@dataclass(frozen=True, slots=True)
class Options:
    """What the decorator was told. Empty name: the function's own."""

    name: str = ""
    confirm: bool = False
    seconds: float | None = None


@overload
def tool(function: F, /) -> F: ...


@overload
def tool(*, name: str = "", confirm: bool = False, seconds: float | None = None) -> Callable[[F], F]: ...


def tool(
    function: Any = None, /, *, name: str = "", confirm: bool = False, seconds: float | None = None
) -> Any:
    """`@tool` or `@tool(…)`: the model may call this function; it stays the plain function it is.

    `confirm`: it has effects, so the person who asked must say yes to each call, and no call is ever
    repeated. `seconds`: its own time limit. `name`: what the model calls it. Raises TypeError or ValueError
    on anything that cannot be meant.
    """
    if seconds is not None and not seconds > 0:
        raise ValueError(f"@tool(seconds={seconds}): a time limit is above 0")
    options = Options(name, confirm, seconds)

    def mark(marked: F) -> F:
        if isinstance(marked, type) or not callable(marked):
            raise TypeError(
                "@tool stands above a function; its options have names: @tool(name=…, confirm=True)"
            )
        setattr(marked, MARK, options)
        return marked

    return mark if function is None else mark(function)


def marked(thing: object) -> bool:
    """Whether this is a function that `@tool` stands above."""
    return callable(thing) and isinstance(getattr(thing, MARK, None), Options)
