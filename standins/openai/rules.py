"""Rules for values, in whose words the tables of tools, items and requests are written; and what a request
carries: an object of JSON, or a form with one file that is counted while it is read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from aiohttp import BodyPartReader, web

from standins.openai.refusal import refuse, refused

Rule = Callable[[str, Any], None]
"""Given the name of a parameter and its value, raises the Refusal that is due."""


def named(value: object) -> str:
    """The JSON name of a value's type, with its article."""
    if value is None:
        return "null"
    names = {bool: "a boolean", int: "an integer", float: "a decimal", str: "a string", list: "an array"}
    return names.get(type(value), "an object")


def anything(param: str, value: Any) -> None:
    """Not looked at."""


def typed(param: str, value: object, wanted: str) -> None:
    """`wanted` is a name as `named` gives it; an integer is a decimal too."""
    if named(value) != wanted and not (wanted == "a decimal" and named(value) == "an integer"):
        raise refused("type", param=param, wanted=wanted, given=named(value))


def of(wanted: str) -> Rule:
    return lambda param, value: typed(param, value, wanted)


TEXT: Final = of("a string")
FLAG: Final = of("a boolean")
OBJECT: Final = of("an object")
ARRAY: Final = of("an array")


def word(*allowed: str) -> Rule:

    def check(param: str, value: Any) -> None:
        TEXT(param, value)
        if value not in allowed:
            *most, last = (f"'{each}'" for each in allowed)
            listed = f"{', '.join(most)}{',' if len(most) > 1 else ''} and {last}" if most else last
            raise refused("value", param=param, value=value, wanted=listed)

    return check


def upto(limit: int) -> Rule:

    def check(param: str, value: Any) -> None:
        TEXT(param, value)
        refuse(len(value) > limit, "long", param=param, limit=limit, given=len(value))

    return check


def number(low: float, high: float | None = None, *, kind: str = "an integer") -> Rule:
    """A number in a range; `kind` is "an integer" or "a decimal"."""
    noun = kind.split()[1]

    def check(param: str, value: Any) -> None:
        typed(param, value, kind)
        if value < low:
            words = {"code": "below_min", "side": "below minimum", "sign": ">=", "bound": low}
        elif high is not None and value > high:
            words = {"code": "above_max", "side": "above maximum", "sign": "<=", "bound": high}
        else:
            return
        raise refused("bound", param=param, noun=noun, value=value, **words)

    return check


def numeral(low: int, high: int | None = None) -> Rule:
    """A whole number as text, as it stands in addresses and forms."""

    def check(param: str, value: Any) -> None:
        TEXT(param, value)
        refuse(not re.fullmatch(r"-?\d+", value), "type", param=param, wanted="an integer", given="a string")
        number(low, high)(param, int(value))

    return check


def pattern(shape: str, *, most: int = 10_000) -> Rule:
    """A string of that shape, of at most so many characters."""
    short = upto(most)

    def check(param: str, value: Any) -> None:
        short(param, value)
        refuse(not re.fullmatch(shape, value), "pattern", param=param, pattern=f"^{shape}$")

    return check


def begins(prefix: str) -> Rule:

    def check(param: str, value: Any) -> None:
        TEXT(param, value)
        refuse(not value.startswith(prefix), "id", param=param, value=value, prefix=prefix)

    return check


def array(each: Rule, *, least: int = 0) -> Rule:
    """An array whose parts keep a rule."""

    def check(param: str, value: Any) -> None:
        ARRAY(param, value)
        for place, part in enumerate(value):
            each(f"{param}[{place}]", part)
        refuse(len(value) < least, "empty array", param=param)

    return check


def either(text: Rule, other: Rule) -> Rule:
    """A string that keeps one rule, or anything else that keeps the other."""
    return lambda param, value: (text if isinstance(value, str) else other)(param, value)


def record(known: str, needed: str = "", /, *also: Rule, **rules: Rule) -> Rule:
    """An object with no other fields than `known` and `rules`, and all that are needed; then rules of it all.
    Known fields are not looked at; null is as good as left out.
    """
    fields, must = {**each(anything, known), **rules}, needed.split()

    def check(param: str, value: Any) -> None:
        OBJECT(param, value)
        prefix = f"{param}." if param else ""
        for key in value:
            if key not in fields:
                raise refused("unknown", param=prefix + key)
        for key in must:
            if value.get(key) is None:
                raise refused("missing", param=prefix + key)
        for key, inner in value.items():
            if inner is not None:
                fields[key](prefix + key, inner)
        for rule in also:
            rule(param, value)

    return check


def each(check: Rule, names: str) -> dict[str, Rule]:
    return dict.fromkeys(names.split(), check)


def chosen(kinds: Mapping[str, Rule], only: Collection[str] = ()) -> Rule:
    """An object that keeps the rule of its `type`; `only` of these types, where any are named."""
    kind = word(*(only or kinds))

    def check(param: str, value: Any) -> None:
        OBJECT(param, value)
        if "type" not in value:
            raise refused("missing", param=f"{param}.type")
        kind(f"{param}.type", value["type"])
        kinds[value["type"]](param, value)

    return check


def one_way(*ways: str) -> Rule:
    """An object with exactly one of these fields."""
    *most, last = (f"'{way}'" for way in ways)

    def check(param: str, value: Any) -> None:
        if sum(value.get(way) is not None for way in ways) != 1:
            raise refused("one way", param=param, ways=f"{', '.join(most)} or {last}")

    return check


Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sent:
    """A file of a form."""

    name: str
    content: bytes = field(repr=False)


async def body(http: web.Request) -> Json:
    """An object. Raises Refusal for anything else."""
    try:
        found = json.loads(await http.read())
    except ValueError:
        raise refused("no JSON") from None
    OBJECT("", found)
    return dict(found)


async def form(http: web.Request, limit: int) -> Json:
    """The fields; a file is a `Sent` of at most `limit` bytes, `a[b]` stands in an object. Raises Refusal."""
    refuse(not http.content_type.startswith("multipart/"), "no form")
    fields: Json = {}
    try:
        async for part in await http.multipart():
            if not isinstance(part, BodyPartReader):
                raise ValueError
            value = await part.text() if part.filename is None else await _sent(part, limit)
            outer, inner = re.fullmatch(r"(.*?)(?:\[(.*)\])?", part.name or "", re.DOTALL).groups()  # type: ignore[union-attr]
            if inner:
                fields.setdefault(outer, {})[inner] = value
            else:
                fields[outer] = value
    except (ValueError, TypeError):
        raise refused("broken form") from None
    return fields


async def _sent(part: BodyPartReader, limit: int) -> Sent:
    content = bytearray()
    while chunk := await part.read_chunk(2**18):
        content += chunk
        refuse(len(content) > limit, "big", limit=limit, size=len(content))
    return Sent(part.filename or "", bytes(content))
