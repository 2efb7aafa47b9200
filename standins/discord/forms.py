"""The bodies of requests: every field that is looked at, its limits, and what is refused of it.

Sources, of docs.discord.com/developers: resources/message, components/reference, reference#uploading-files,
interactions/application-commands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from standins.discord.error import (
    ANY,
    DICT,
    DIGITS,
    JSON,
    LIST,
    NUMBER,
    REQUIRED,
    SNOWFLAKE,
    STRING,
    Field,
    Rule,
    at_most,
    between,
    one_of,
    text,
)

ROW, BUTTON = 1, 2
SELECTS = (3, 5, 6, 7, 8)
LINK = 5  # the style of a button that is an address


def numbered(rows: list[JSON]) -> list[JSON]:
    """The checked rows with an `id` given to every component."""
    rows = [{**row, "components": [dict(child) for child in row["components"]]} for row in rows]
    for number, component in enumerate(_every(rows), start=1):
        component.setdefault("id", number)
    return rows


def find_button(rows: list[JSON], custom_id: str) -> JSON:
    """The button a person can press; LookupError when it is absent or disabled."""
    for component in _every(rows):
        if component["type"] == BUTTON and component.get("custom_id") == custom_id:
            if component.get("disabled"):
                raise LookupError(f"the button {custom_id!r} is disabled")
            return component
    raise LookupError(f"there is no button {custom_id!r} on this message")


def _every(rows: list[JSON]) -> Iterator[JSON]:
    for row in rows:
        yield row
        yield from row["components"]


MOST_FILES = 10
CHAT, USER_MENU, MESSAGE_MENU = 1, 2, 3
_KINDS = range(1, 12)
_MARKS = ("before", "after", "around")
_NAME = re.compile(r"[-_'\w]{1,32}")

_ROWS = ("UNION_TYPE_CHOICES", "Value of field 'type' must be one of (1,).")
_CHILDREN = ("UNION_TYPE_CHOICES", "Value of field 'type' must be a button or a select.")
_STYLE = ("BASE_TYPE_CHOICES", "Value must be one of (1, 2, 3, 4, 5).")
_LABEL = ("BUTTON_COMPONENT_INVALID", "A button must have a label or an emoji")
_CUSTOM_URL = ("BUTTON_COMPONENT_CUSTOM_ID_URL", "A custom id and url cannot both be specified")
_WIDE = ("COMPONENT_LAYOUT_WIDTH_EXCEEDED", "The specified component exceeds the maximum width")
_HIGH = ("BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")
_SAME_ID = ("COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated")
_EMBED = ("MAX_EMBED_SIZE_EXCEEDED", "Embed size exceeds maximum size of 6000")
_SAME_FILE = ("SET_TYPE_ALREADY_CONTAINS_VALUE", "The set already contains this value")
_NONCE_TYPE = ("NONCE_TYPE_INVALID_TYPE", "This field must be a string or integer.")
_NONCE_LONG = ("NONCE_TYPE_TOO_LONG", "Must be 25 or fewer characters long.")
_MOST = ("NUMBER_TYPE_MAX", "int value should be less than or equal to 100.")
_LEAST = ("NUMBER_TYPE_MIN", "int value should be greater than or equal to 1.")
_MARK = ("MUTUALLY_EXCLUSIVE", "before, after and around exclude one another.")
_OPTION_KIND = ("BASE_TYPE_CHOICES", "Value must be one of (1, …, 11).")
_OPTION_NAME = ("APPLICATION_COMMAND_INVALID_NAME", "Option name is invalid")
_SAME_OPTION = ("APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS", "Option name already exists")
_OPTION_ORDER = (
    "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
    "Required options must be placed before non-required options",
)
_KIND = ("BASE_TYPE_CHOICES", "Value must be one of (1, 2, 3).")
_COMMAND_NAME = ("APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
_MENU = ("APPLICATION_COMMAND_DESCRIPTION_NOT_ALLOWED", "Context menu commands cannot have a description")


def _is_button(component: JSON) -> bool:
    return bool(component["type"] == BUTTON)


def _is_link(component: JSON) -> bool:
    return _is_button(component) and component.get("style") == LINK


def _is_chat(command: JSON) -> bool:
    return bool(command.get("type", CHAT) == CHAT)


def _bad_name(command: JSON) -> bool:
    name = command["name"]
    return not _NAME.fullmatch(name) or name != name.lower()


def _bad_locally(command: JSON) -> bool:
    return any(_bad_name({"name": name}) for name in (command.get("name_localizations") or {}).values())


def _crowded(row: JSON) -> bool:
    """Whether a select has to share its row."""
    return len(row["components"]) > 1 and any(c["type"] in SELECTS for c in row["components"])


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
    return Rule(
        ("MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", words),
        lambda rule: kind in (rule.get("parse") or ()) and rule.get(kind),
    )


FILES = Field(LIST, rules=(at_most(MOST_FILES),))

COMPONENT = Field(
    DICT,
    {
        "type": Field(ANY, rules=(Rule(_CHILDREN, lambda t: t not in (BUTTON, *SELECTS)),), absent=_CHILDREN),
        "label": text(80),
        "custom_id": text(100),
    },
    (
        Rule(_STYLE, lambda c: _is_button(c) and c.get("style") not in range(1, 6), "style"),
        Rule(_LABEL, lambda c: _is_button(c) and not c.get("label") and not c.get("emoji")),
        Rule(REQUIRED, lambda c: _is_link(c) and not c.get("url"), "url"),
        Rule(_CUSTOM_URL, lambda c: _is_link(c) and c.get("custom_id")),
        Rule(REQUIRED, lambda c: not _is_link(c) and not c.get("custom_id"), "custom_id"),
    ),
)
COMPONENTS_ROW = Field(
    DICT,
    {
        "type": Field(ANY, rules=(Rule(_ROWS, lambda t: t != ROW),), absent=_ROWS),
        "components": Field(LIST, COMPONENT, (between(1, 5),), absent=REQUIRED),
    },
    (Rule(_WIDE, _crowded),),
)
ALLOWED_MENTIONS = Field(
    DICT,
    {
        "parse": Field(LIST, Field(ANY, rules=(one_of(("users", "roles", "everyone")),))),
        "users": Field(LIST, rules=(between(0, 100),)),
        "roles": Field(LIST, rules=(between(0, 100),)),
    },
    (_all_and_some("users"), _all_and_some("roles")),
)
MESSAGE = Field(
    DICT,
    {
        "content": text(2000),
        "components": Field(
            *(LIST, COMPONENTS_ROW),
            (Rule(_HIGH, lambda rows: len(rows) > 5), Rule(_SAME_ID, _repeated_custom_id, None)),
        ),
        "embeds": Field(
            *(LIST, Field(DICT, {"description": text(4096)})),
            (at_most(10), Rule(_EMBED, lambda embeds: _embed_size(embeds) > 6000)),
        ),
        "attachments": Field(
            *(LIST, Field(DICT, {"id": Field(SNOWFLAKE, absent=REQUIRED), "description": text(1024)})),
            (at_most(MOST_FILES), Rule(_SAME_FILE, lambda entries: _repeated("id", entries))),
        ),
        "flags": Field(NUMBER),
        "allowed_mentions": ALLOWED_MENTIONS,
        "nonce": Field(
            ANY,
            rules=(
                Rule(_NONCE_TYPE, lambda nonce: type(nonce) not in (str, int)),
                Rule(_NONCE_LONG, lambda nonce: len(str(nonce)) > 25),
            ),
        ),
        "message_reference": Field(
            DICT, {"message_id": Field(SNOWFLAKE, absent=REQUIRED), "channel_id": Field(SNOWFLAKE)}
        ),
    },
)
TEXT_INPUT = Field(
    DICT,
    {
        "type": Field(NUMBER, rules=(one_of((4,)),), absent=REQUIRED),  # others are not played here
        "custom_id": text(100, REQUIRED),
        "style": Field(NUMBER, rules=(one_of((1, 2)),), absent=REQUIRED),
        "max_length": Field(NUMBER, rules=(one_of(range(1, 4001)),)),
        "placeholder": text(100),
        "value": text(4000),
    },
)
MODAL_LABEL = Field(
    DICT,
    {
        "type": Field(NUMBER, rules=(one_of((18,)),), absent=REQUIRED),
        "label": text(45, REQUIRED),
        "description": text(100),
        "component": replace(TEXT_INPUT, absent=REQUIRED),
    },
)
MODAL = Field(
    DICT,
    {
        "custom_id": text(100, REQUIRED),
        "title": text(45, REQUIRED),
        "components": Field(LIST, MODAL_LABEL, (between(1, 5),), absent=REQUIRED),
    },
)
PAGE = Field(
    DICT,
    {
        "limit": Field(
            DIGITS, rules=(Rule(_MOST, lambda n: int(n) > 100), Rule(_LEAST, lambda n: int(n) < 1))
        ),
        **{name: Field(SNOWFLAKE) for name in _MARKS},
    },
    (Rule(_MARK, lambda query: sum(name in query for name in _MARKS) > 1),),
)
RECIPIENT = Field(DICT, {"recipient_id": Field(ANY, absent=REQUIRED)})
CALLBACK = Field(DICT, {"type": Field(NUMBER, rules=(one_of((4, 5, 6, 7, 8, 9)),), absent=REQUIRED)})
OPTION = Field(
    DICT,
    {
        "type": Field(ANY, rules=(Rule(_OPTION_KIND, lambda kind: kind not in _KINDS),), absent=_OPTION_KIND),
        "name": Field(STRING, absent=REQUIRED),
        "description": text(100, REQUIRED),
        "choices": Field(LIST, rules=(at_most(25),)),
    },
    (Rule(_OPTION_NAME, _bad_name, "name"),),
)
OPTIONS = Field(
    *(LIST, OPTION),
    (
        at_most(25),
        Rule(_SAME_OPTION, lambda options: _repeated("name", options)),
        Rule(_OPTION_ORDER, _optional_first),
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
            "name_localizations": Field(DICT, {"ko": text(32)}),
            "description_localizations": Field(DICT, {"ko": text(100)}),
        },
        (
            Rule(_KIND, lambda c: c.get("type", CHAT) not in (CHAT, USER_MENU, MESSAGE_MENU), "type"),
            Rule(_COMMAND_NAME, lambda c: _is_chat(c) and _bad_name(c), "name"),
            Rule(_COMMAND_NAME, lambda c: _is_chat(c) and _bad_locally(c), "name_localizations"),
            Rule(REQUIRED, lambda c: _is_chat(c) and not c.get("description"), "description"),
            Rule(_MENU, lambda c: not _is_chat(c) and c.get("description"), "description"),
        ),
    ),
)
