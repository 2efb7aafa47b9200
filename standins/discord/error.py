"""What REST refuses, in Discord's words: HTTP status, JSON code, message and, for forms, where; and what a
field of a request has to be, all of whose refusals are 50035.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

JSON = dict[str, Any]

Refusal = tuple[int, int, str]

UNAUTHORIZED = (401, 0, "401: Unauthorized")
NOT_FOUND = (404, 0, "404: Not Found")
METHOD_NOT_ALLOWED = (405, 0, "405: Method Not Allowed")
UNKNOWN_CHANNEL = (404, 10003, "Unknown Channel")
UNKNOWN_GUILD = (404, 10004, "Unknown Guild")
UNKNOWN_MEMBER = (404, 10007, "Unknown Member")
UNKNOWN_MESSAGE = (404, 10008, "Unknown Message")
UNKNOWN_USER = (404, 10013, "Unknown User")
UNKNOWN_WEBHOOK = (404, 10015, "Unknown Webhook")
UNKNOWN_INTERACTION = (404, 10062, "Unknown interaction")
NOT_THIS_APPLICATION = (403, 20012, "You are not authorized to perform this action on this application")
TOO_MANY_COMMANDS = (400, 30032, "Maximum number of application commands reached (100)")
COMMAND_QUOTA = (400, 30034, "Max number of daily application command creates has been reached (200)")
OLD_EDITS = (429, 30046, "Maximum number of edits to messages older than 1 hour reached. Try again later")
TOO_LARGE = (413, 40005, "Request entity too large")
ALREADY_ACKNOWLEDGED = (400, 40060, "Interaction has already been acknowledged.")
MISSING_ACCESS = (403, 50001, "Missing Access")
NOT_IN_DM = (403, 50003, "Cannot execute action on a DM channel")
NOT_YOURS = (403, 50005, "Cannot edit a message authored by another user")
EMPTY_MESSAGE = (400, 50006, "Cannot send an empty message")
CANNOT_DM = (403, 50007, "Cannot send messages to this user")
MISSING_PERMISSIONS = (403, 50013, "Missing Permissions")
INVALID_WEBHOOK_TOKEN = (401, 50027, "Invalid Webhook Token")
INVALID_FORM = (400, 50035, "Invalid Form Body")
ARCHIVED = (400, 50083, "Thread is archived")
INVALID_JSON = (400, 50109, "The request body contains invalid JSON.")
NO_READING = (403, 160002, "Cannot reply without permission to read message history")
LOCKED = (403, 160005, "Thread is locked")
NOT_PLAYED = (501, 0, "The stand-in does not play this feature")

OF_A_PLACE = {r[1]: r for r in (MISSING_ACCESS, CANNOT_DM, MISSING_PERMISSIONS, UNKNOWN_CHANNEL)}
"""What a test can have the bot refused with in a channel, by its code."""


class ApiError(Exception):
    """A request that Discord answers with an error; `body` is what the client reads."""

    def __init__(self, refusal: Refusal, errors: JSON | None = None) -> None:
        self.status, code, message = refusal
        super().__init__(f"{self.status} {code}: {message} {errors or ''}")
        self.body: JSON = {"message": message, "code": code}
        if errors is not None:
            self.body["errors"] = errors


def invalid(path: str, code: str, message: str) -> ApiError:
    """400 with 50035; `path` is the dotted way to the field, such as `components.0.label`."""
    errors: JSON = {"_errors": [{"code": code, "message": message}]}
    for part in reversed(path.split(".")):
        errors = {part: errors}
    return ApiError(INVALID_FORM, errors)


Words = tuple[str, str]  # code and message of an error at a field


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
