"""What a field of a request has to be, and how it is refused otherwise; all of that is 50035."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from standins.discord.error import invalid

Words = tuple[str, str]
"""Code and message of an error at a field."""


@dataclass(frozen=True, slots=True)
class Rule:
    """`broken` is asked with a value of the right kind. What is wrong is `at` a part of it: "" is the whole,
    None where `broken` says.
    """

    words: Words
    broken: Callable[[Any], object]
    at: str | None = ""


Kind = Rule
STRING = Kind(
    ("STRING_TYPE_CONVERT", "Could not interpret the value as string."), lambda v: not isinstance(v, str)
)
NUMBER = Kind(("NUMBER_TYPE_COERCE", 'Value "{}" is not int.'), lambda v: type(v) is not int)
DIGITS = Kind(("NUMBER_TYPE_COERCE", 'Value "{}" is not int.'), lambda v: not v.isdigit())
SNOWFLAKE = Kind(("NUMBER_TYPE_COERCE", 'Value "{}" is not snowflake.'), lambda v: not str(v).isdigit())
LIST = Kind(
    ("LIST_TYPE_CONVERT", "Only iterables may be used in a ListType"), lambda v: not isinstance(v, list)
)
DICT = Kind(
    ("DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType"), lambda v: not isinstance(v, dict)
)
ANY = Kind(("", ""), lambda _: False)
REQUIRED: Words = ("BASE_TYPE_REQUIRED", "This field is required")


@dataclass(frozen=True, slots=True)
class Field:
    """`of`: the entries of a list, or the fields of an object that are looked at. `absent`: how it is refused
    when it is not there; without that it may be absent or null.
    """

    kind: Kind
    of: Field | Mapping[str, Field] | None = None
    rules: tuple[Rule, ...] = ()
    absent: Words | None = None

    def check(self, value: Any, path: str = "") -> None:
        """Raises ApiError 50035 for the first thing that is wrong: kind, parts, rules. A form has path ""."""
        if path and (value is None or (value == "" and self.absent)):
            if self.absent:
                raise invalid(path, *self.absent)
            return
        self._hold(self.kind, value, path)
        if isinstance(self.of, Field):
            for index, one in enumerate(value):
                self.of.check(one, _within(path, str(index)))
        elif self.of is not None:
            for name, field in self.of.items():
                field.check(value.get(name), _within(path, name))
        for rule in self.rules:
            self._hold(rule, value, path)

    def _hold(self, rule: Rule, value: Any, path: str) -> None:
        if broken := rule.broken(value):
            code, message = rule.words
            at = str(broken) if rule.at is None else rule.at
            raise invalid(_within(path, at) or "_misc", code, message.replace("{}", str(value)))


def at_most(most: int) -> Rule:
    return Rule(("BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length."), lambda v: len(v) > most)


def between(least: int, most: int) -> Rule:
    words = ("BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length.")
    return Rule(words, lambda v: not least <= len(v) <= most)


def one_of(choices: Collection[Any]) -> Rule:
    return Rule(("BASE_TYPE_CHOICES", f"Value must be one of {choices}."), lambda v: v not in choices)


def text(most: int, absent: Words | None = None) -> Field:
    """A string of at most so many characters."""
    return Field(STRING, rules=(at_most(most),), absent=absent)


def _within(path: str, name: str) -> str:
    return f"{path}.{name}" if path and name else path or name
