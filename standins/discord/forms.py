"""The bodies of requests: every field that is looked at, its limits, and what is refused of it.

Sources: docs.discord.com/developers/resources/message, /components/reference, /interactions/application-commands,
/reference#uploading-files.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from standins.discord.component import BUTTON, LINK, ROW, SELECTS
from standins.discord.error import JSON
from standins.discord.field import (
    ANY,
    DICT,
    DIGITS,
    LIST,
    NUMBER,
    REQUIRED,
    SNOWFLAKE,
    STRING,
    Field,
    Rule,
    Words,
    at_most,
    between,
    one_of,
    text,
)

MOST_FILES = 10
CHAT, USER_MENU, MESSAGE_MENU = 1, 2, 3
_NAME = re.compile(r"[-_'\w]{1,32}")
_ROWS: Words = ("UNION_TYPE_CHOICES", "Value of field 'type' must be one of (1,).")
_CHILDREN: Words = ("UNION_TYPE_CHOICES", "Value of field 'type' must be a button or a select.")


def _bad_name(command: JSON) -> bool:
    name = command["name"]
    return not _NAME.fullmatch(name) or name != name.lower()


def _is(kind: int, test: Callable[[JSON], object]) -> Callable[[JSON], bool]:
    return lambda part: part.get("type", CHAT) == kind and bool(test(part))


def _repeated(name: str, things: list[JSON]) -> bool:
    names = [str(thing[name]) for thing in things]
    return len(set(names)) < len(names)


def _repeated_custom_id(rows: list[JSON]) -> str:
    """Where a custom id stands that stood before."""
    seen: set[str] = set()
    for place, custom_id in _custom_ids(rows):
        if custom_id in seen:
            return place
        seen.add(custom_id)
    return ""


def _custom_ids(rows: list[JSON]) -> Iterator[tuple[str, str]]:
    for number, row in enumerate(rows):
        for index, child in enumerate(row["components"]):
            if custom_id := child.get("custom_id"):
                yield f"{number}.components.{index}.custom_id", custom_id


def _optional_first(options: list[JSON]) -> bool:
    needs = [bool(option.get("required")) for option in options]
    return needs != sorted(needs, reverse=True)


def _embed_size(embeds: list[JSON]) -> int:
    return sum(len(e.get("description") or "") + len(e.get("title") or "") for e in embeds)


def _all_and_some(kind: str) -> Rule:
    words = f'parse:["{kind}"] and {kind}: [ids...] are mutually exclusive.'
    broken: Callable[[JSON], object] = lambda rule: kind in (rule.get("parse") or ()) and rule.get(kind)  # noqa: E731
    return Rule(("MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", words), broken)


def _is_link(component: JSON) -> bool:
    return component["type"] == BUTTON and component.get("style") == LINK


COMPONENT = Field(
    DICT,
    {
        "type": Field(ANY, rules=(Rule(_CHILDREN, lambda t: t not in (BUTTON, *SELECTS)),), absent=_CHILDREN),
        "label": text(80),
        "custom_id": text(100),
    },
    (
        Rule(
            ("BASE_TYPE_CHOICES", "Value must be one of (1, 2, 3, 4, 5)."),
            _is(BUTTON, lambda c: c.get("style") not in range(1, 6)),
            at="style",
        ),
        Rule(
            ("BUTTON_COMPONENT_INVALID", "A button must have a label or an emoji"),
            _is(BUTTON, lambda c: not c.get("label") and not c.get("emoji")),
        ),
        Rule(REQUIRED, lambda c: _is_link(c) and not c.get("url"), at="url"),
        Rule(
            ("BUTTON_COMPONENT_CUSTOM_ID_URL", "A custom id and url cannot both be specified"),
            lambda c: _is_link(c) and c.get("custom_id"),
        ),
        Rule(REQUIRED, lambda c: not _is_link(c) and not c.get("custom_id"), at="custom_id"),
    ),
)

COMPONENTS = Field(
    LIST,
    Field(
        DICT,
        {
            "type": Field(ANY, rules=(Rule(_ROWS, lambda t: t != ROW),), absent=_ROWS),
            "components": Field(LIST, COMPONENT, (between(1, 5),), absent=REQUIRED),
        },
        (
            Rule(
                ("COMPONENT_LAYOUT_WIDTH_EXCEEDED", "The specified component exceeds the maximum width"),
                lambda row: (
                    len(row["components"]) > 1 and any(c["type"] in SELECTS for c in row["components"])
                ),
            ),
        ),
    ),
    (
        Rule(("BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length."), lambda rows: len(rows) > 5),
        Rule(
            ("COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated"),
            _repeated_custom_id,
            at=None,
        ),
    ),
)

MESSAGE = Field(
    DICT,
    {
        "content": text(2000),
        "components": COMPONENTS,
        "embeds": Field(
            LIST,
            Field(DICT, {"description": text(4096)}),
            (
                at_most(10),
                Rule(
                    ("MAX_EMBED_SIZE_EXCEEDED", "Embed size exceeds maximum size of 6000"),
                    lambda embeds: _embed_size(embeds) > 6000,
                ),
            ),
        ),
        "attachments": Field(
            LIST,
            Field(DICT, {"id": Field(SNOWFLAKE, absent=REQUIRED), "description": text(1024)}),
            (
                at_most(MOST_FILES),
                Rule(
                    ("SET_TYPE_ALREADY_CONTAINS_VALUE", "The set already contains this value"),
                    lambda entries: _repeated("id", entries),
                ),
            ),
        ),
        "flags": Field(NUMBER),
        "allowed_mentions": Field(
            DICT,
            {
                "parse": Field(LIST, Field(ANY, rules=(one_of(("users", "roles", "everyone")),))),
                "users": Field(LIST, rules=(between(0, 100),)),
                "roles": Field(LIST, rules=(between(0, 100),)),
            },
            (_all_and_some("users"), _all_and_some("roles")),
        ),
        "nonce": Field(
            ANY,
            rules=(
                Rule(
                    ("NONCE_TYPE_INVALID_TYPE", "This field must be a string or integer."),
                    lambda nonce: type(nonce) not in (str, int),
                ),
                Rule(
                    ("NONCE_TYPE_TOO_LONG", "Must be 25 or fewer characters long."),
                    lambda nonce: len(str(nonce)) > 25,
                ),
            ),
        ),
        "message_reference": Field(
            DICT, {"message_id": Field(SNOWFLAKE, absent=REQUIRED), "channel_id": Field(SNOWFLAKE)}
        ),
    },
)

PAGE = Field(
    DICT,
    {
        "limit": Field(
            DIGITS,
            rules=(
                Rule(
                    ("NUMBER_TYPE_MAX", "int value should be less than or equal to 100."),
                    lambda limit: int(limit) > 100,
                ),
                Rule(
                    ("NUMBER_TYPE_MIN", "int value should be greater than or equal to 1."),
                    lambda limit: int(limit) < 1,
                ),
            ),
        ),
        **{name: Field(SNOWFLAKE) for name in ("before", "after", "around")},
    },
    (
        Rule(
            ("MUTUALLY_EXCLUSIVE", "before, after and around exclude one another."),
            lambda query: sum(name in query for name in ("before", "after", "around")) > 1,
        ),
    ),
)

RECIPIENT = Field(DICT, {"recipient_id": Field(ANY, absent=REQUIRED)})

CALLBACK = Field(DICT, {"type": Field(NUMBER, rules=(one_of((4, 5, 6, 7, 8)),), absent=REQUIRED)})

OPTIONS = Field(
    LIST,
    Field(
        DICT,
        {
            "type": Field(
                ANY,
                rules=(
                    Rule(
                        ("BASE_TYPE_CHOICES", "Value must be one of (1, …, 11)."),
                        lambda kind: kind not in range(1, 12),
                    ),
                ),
                absent=("BASE_TYPE_CHOICES", "Value must be one of (1, …, 11)."),
            ),
            "name": Field(STRING, absent=REQUIRED),
            "description": text(100, REQUIRED),
            "choices": Field(LIST, rules=(at_most(25),)),
        },
        (Rule(("APPLICATION_COMMAND_INVALID_NAME", "Option name is invalid"), _bad_name, at="name"),),
    ),
    (
        at_most(25),
        Rule(
            ("APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS", "Option name already exists"),
            lambda options: _repeated("name", options),
        ),
        Rule(
            (
                "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
                "Required options must be placed before non-required options",
            ),
            _optional_first,
        ),
    ),
)

COMMANDS = Field(
    LIST,
    Field(
        DICT,
        {
            "name": text(32, REQUIRED),
            "description": text(100),
            "options": OPTIONS,
        },
        (
            Rule(
                ("BASE_TYPE_CHOICES", "Value must be one of (1, 2, 3)."),
                lambda c: c.get("type", CHAT) not in (CHAT, USER_MENU, MESSAGE_MENU),
                at="type",
            ),
            Rule(
                ("APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid"),
                _is(CHAT, _bad_name),
                at="name",
            ),
            Rule(REQUIRED, _is(CHAT, lambda c: not c.get("description")), at="description"),
            Rule(
                (
                    "APPLICATION_COMMAND_DESCRIPTION_NOT_ALLOWED",
                    "Context menu commands cannot have a description",
                ),
                lambda c: c.get("type", CHAT) != CHAT and c.get("description"),
                at="description",
            ),
        ),
    ),
)
