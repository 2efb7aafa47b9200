"""What a docstring says: the function's description, and one for each parameter.

Understood: sections as Google's style guide writes them (`Args:` …), and reST fields (`:param name: …`).
"""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass, field
from typing import Final

_HEADING: Final = re.compile(
    r"(Args|Arguments|Parameters|Params|Returns?|Raises|Yields?|Examples?|Notes?|Todo|See Also):\s*$"
)
_PARAMETERS: Final = ("Args", "Arguments", "Parameters", "Params")
_ITEM: Final = re.compile(r"\s+\*{0,2}(\w+)\s*(?:\(.*?\))?\s*:\s+(.*)|\s+\*{0,2}(\w+)\s*(?:\(.*?\))?\s*:$")
_FIELD: Final = re.compile(r":(?:param|parameter|arg|argument)\s+(?:[^:]*?\s)?\*{0,2}(\w+)\s*:\s*(.*)")


@dataclass(slots=True)
class _Reading:
    text: list[str] = field(default_factory=list)
    parameters: dict[str, list[str]] = field(default_factory=dict)
    place: str = "text"
    """"text", "parameters" (a section of them), "field" (one reST field), or "other"."""
    current: list[str] | None = None
    indent: int = 0

    def line(self, line: str) -> None:
        depth = len(line) - len(line.lstrip())
        if line and not depth:
            self._outside(line)
        elif self.place == "text":
            self.text.append(line)
        elif self.place == "parameters":
            self._inside(line, depth)
        elif self.place == "field" and self.current is not None:
            self.current.append(line.strip())

    def _outside(self, line: str) -> None:
        """A line at the margin ends whatever was being read."""
        self.current = None
        if heading := _HEADING.match(line):
            self.place = "parameters" if heading[1] in _PARAMETERS else "other"
            self.indent = 0
        elif given := _FIELD.match(line):
            self.place, self.current = "field", [given[2]]
            self.parameters[given[1]] = self.current
        elif re.match(r":\w+[^:]*:", line):
            self.place = "other"
        else:
            self.place = "text"
            self.text.append(line)

    def _inside(self, line: str, depth: int) -> None:
        """A line of the section: a parameter, or more about the one before. The first sets the margin."""
        self.indent = self.indent or depth
        item = _ITEM.match(line) if depth <= self.indent else None
        if item:
            self.current = [item[2] or ""]
            self.parameters[item[1] or item[3]] = self.current
        elif self.current is not None:
            self.current.append(line.strip())


def described(docstring: str | None) -> tuple[str, dict[str, str]]:
    """The description in its lines, and parameter → description on one line."""
    reading = _Reading()
    for line in inspect.cleandoc(docstring or "").splitlines():
        reading.line(line)
    parameters = {name: " ".join(filter(None, parts)) for name, parts in reading.parameters.items()}
    return "\n".join(reading.text).strip(), parameters
