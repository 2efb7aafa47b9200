"""The tools that were found, and what was wrong with the others."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

from core.tools.decorator import Options
from core.tools.function import Tool


class Toolbox:
    """Tools by name. Immutable; the default is empty. Iterating gives the tools, sorted by name."""

    __slots__ = ("_specs", "_tools", "problems")

    def __init__(self, tools: Iterable[Tool] = (), problems: Iterable[str] = ()) -> None:
        self._tools = {tool.name: tool for tool in sorted(tools, key=lambda tool: tool.name)}
        self._specs: dict[str, dict[str, Any]] = {}
        self.problems = tuple(problems)
        """What could not be loaded: complete sentences that name the file and the cure."""

    @classmethod
    def of(cls, *functions: Callable[..., Any], seconds: float | None = None) -> Toolbox:
        """A toolbox of these functions, decorated or not. Raises ValueError where `load` tells a problem."""
        from core.tools.schema import made  # pydantic is not needed to ask an empty toolbox

        return cls(made(function, Options(seconds=seconds)) for function in functions)

    def get(self, name: str) -> Tool | None:
        """The tool of that name."""
        return self._tools.get(name)

    def plus(self, tool: Tool) -> Toolbox:
        """These and another one, which is described like any of that name before."""
        more = Toolbox([*self._tools.values(), tool], self.problems)
        more._specs = self._specs
        return more

    def names(self) -> tuple[str, ...]:
        """All names, sorted."""
        return tuple(self._tools)

    def specs(self, wanted: Collection[str] = ("*",)) -> tuple[dict[str, Any], ...]:
        """The wanted ones as a request names them, sorted; "*" is all. Unknown names are left out."""
        named = self._tools if "*" in wanted else [name for name in self._tools if name in wanted]
        for name in named:
            if name not in self._specs:
                self._specs[name] = self._tools[name].spec()
        return tuple([self._specs[name] for name in named])

    def __iter__(self) -> Iterator[Tool]:
        return iter(self._tools.values())

    def __len__(self) -> int:
        return len(self._tools)
