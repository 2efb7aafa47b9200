"""Options of a chat command: checked when it is registered and when a person uses it.

Source: docs.discord.com/developers/interactions/application-commands#application-command-object.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from standins.discord.error import JSON, invalid, required, too_long

STRING, INTEGER, BOOLEAN, NUMBER = 3, 4, 5, 10
_PLAYED = {STRING: str, INTEGER: int, BOOLEAN: bool, NUMBER: float}
_NAME = re.compile(r"[-_'\w]{1,32}")
LONGEST_VALUE = 6000


def check(options: Any, path: str) -> None:
    """The options of a command. Raises ApiError 50035."""
    if not isinstance(options, list) or not all(isinstance(option, dict) for option in options):
        raise invalid(path, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
    if len(options) > 25:
        raise invalid(path, "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
    for index, option in enumerate(options):
        _check(option, f"{path}.{index}")
    names = [option["name"] for option in options]
    if len(names) != len(set(names)):
        raise invalid(path, "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS", "Option name already exists")
    needs = [bool(option.get("required")) for option in options]
    if needs != sorted(needs, reverse=True):
        message = "Required options must be placed before non-required options"
        raise invalid(path, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", message)


def _check(option: JSON, path: str) -> None:
    if option.get("type") not in range(1, 12):
        raise invalid(f"{path}.type", "BASE_TYPE_CHOICES", "Value must be one of (1, …, 11).")
    name, description = option.get("name") or "", option.get("description") or ""
    if not name:
        raise required(f"{path}.name")
    if not _NAME.fullmatch(name) or name != name.lower():
        raise invalid(f"{path}.name", "APPLICATION_COMMAND_INVALID_NAME", "Option name is invalid")
    if not description:
        raise required(f"{path}.description")
    if len(description) > 100:
        raise too_long(f"{path}.description", 100)
    if len(option.get("choices") or ()) > 25:
        raise invalid(f"{path}.choices", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")


def filled(options: list[JSON], values: Mapping[str, Any]) -> list[JSON]:
    """What the app is told of the values a person gave; LookupError where the client would not let them."""
    known = {option["name"]: option for option in options}
    missing = [name for name, option in known.items() if option.get("required") and name not in values]
    if missing:
        raise LookupError(f"the command needs {missing}")
    told = []
    for name, value in values.items():
        option = known.get(name)
        if option is None:
            raise LookupError(f"the command has no option {name!r}; there are {list(known)}")
        if type(value) is not _PLAYED.get(option["type"]):
            raise LookupError(f"{value!r} is no value for option {name!r} of type {option['type']}")
        _check_value(option, value)
        told.append({"name": name, "type": option["type"], "value": value})
    return told


def _check_value(option: JSON, value: Any) -> None:
    choices = [choice["value"] for choice in option.get("choices") or ()]
    if choices and value not in choices:
        raise LookupError(f"{value!r} is not among {choices}")
    if isinstance(value, str) and len(value) > option.get("max_length", LONGEST_VALUE):
        raise LookupError(f"the value of {option['name']!r} is too long")
