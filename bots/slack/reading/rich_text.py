"""Slack's rich text and its markup as plain text: what a person typed, without entities. Pure, never raises.

https://docs.slack.dev/reference/block-kit/blocks/rich-text-block ·
https://docs.slack.dev/messaging/formatting-message-text
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any, Final

_MENTION = re.compile(r"[@#][A-Z0-9]{2,32}")
_CALLED = re.compile(r"<(@[A-Z0-9][^<>\n]*|!(?:subteam\^|here|channel|everyone|group)[^<>\n]*)>")
_LABEL = re.compile(r"<(?:([@#][A-Z0-9]{2,32})|!subteam\^([A-Z0-9]{2,32}))\|([^<>|\n]{1,80})>")
_ENTITY = re.compile(r"<([@#!][^<>\n]+|[a-z][a-z0-9+.-]{0,20}:[^<>\n]+)>", re.IGNORECASE)
_CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
_QUOTED = re.compile(r"^(?:&gt;|>).*$", re.MULTILINE)
MOST_NAMES: Final = 30
"""Ids of one message that names are asked for."""
LONGEST: Final = 5000
"""Entries of a list that are read."""


class Names:
    """Whom one message names: by the labels it tells itself, else by their ids, which are noted.

    `me`: the id whose mention is left out, for it is how a message is addressed and not what it says.
    """

    def __init__(self, me: str = "", noted: dict[str, None] | None = None) -> None:
        self._me, self._told = f"@{me}", dict[str, str]()
        self.noted = {} if noted is None else noted

    def aside(self) -> Names:
        """For what the message points at: there we are named like anybody."""
        return Names("", self.noted)

    def learn(self, text: object) -> None:
        """The labels of a text, which the blocks beside it lack."""
        for id, group, label in _LABEL.findall(text) if isinstance(text, str) else ():
            self._told[id or f"@{group}"] = (id[:1] or "@") + html.unescape(label).lstrip("@#")

    def __call__(self, mention: str) -> str:
        """What is to stand in the text for such an id ("@U7", "#C55")."""
        if mention == self._me:
            return ""
        if mention not in self._told and _MENTION.fullmatch(mention) and len(self.noted) < MOST_NAMES:
            self.noted[mention] = None
        return self._told.get(mention, mention)


def mappings(value: object, most: int = LONGEST) -> Iterator[Mapping[str, Any]]:
    """The objects of a list, whatever else is in it or in its place."""
    listed = value[:most] if isinstance(value, list) else ()
    return (one for one in listed if isinstance(one, dict))


def shallow(value: Any, depth: int = 28) -> Any:
    """The value without what is deeper than anything Slack sends."""
    if isinstance(value, dict):
        return {key: shallow(one, depth - 1) for key, one in value.items()} if depth else {}
    if isinstance(value, list):
        return [shallow(one, depth - 1) for one in value] if depth else []
    return value


def mentions(message: Mapping[str, Any], me: str) -> bool:
    """True when `me` is mentioned in the message's own words, outside code and quotes."""
    blocks = [block for block in mappings(message.get("blocks")) if block.get("type") == "rich_text"]
    if blocks:
        return any(_mentions(element, me) for block in blocks for element in _elements(block))
    text = message.get("text")
    bare = _QUOTED.sub("", _CODE.sub("", text)) if isinstance(text, str) else ""
    return bool(re.search(rf"<@{re.escape(me)}(?:\|[^<>\n]*)?>", bare))


def _mentions(element: Mapping[str, Any], me: str) -> bool:
    kind = element.get("type")
    if kind in ("rich_text_preformatted", "rich_text_quote"):
        return False
    if kind == "user":
        return element.get("user_id") == me and not _styled(element, "code")
    return any(_mentions(inner, me) for inner in _elements(element))


def calls_others(message: Mapping[str, Any], me: str) -> bool:
    """True when the message's own words, outside code and quotes, call anybody but `me`."""
    blocks = [block for block in mappings(message.get("blocks")) if block.get("type") == "rich_text"]
    if blocks:
        try:
            return any(_calls(element, me) for block in blocks for element in _elements(block))
        except RecursionError:  # nothing that Slack's clients make
            return True
    text = message.get("text")
    bare = _QUOTED.sub("", _CODE.sub("", text)) if isinstance(text, str) else ""
    return any(called.partition("|")[0] != f"@{me}" for called in _CALLED.findall(bare))


def _calls(element: Mapping[str, Any], me: str) -> bool:
    kind = element.get("type")
    if kind in ("rich_text_preformatted", "rich_text_quote") or _styled(element, "code"):
        return False
    if kind in ("user", "usergroup", "broadcast"):
        return element.get("user_id") != me
    return any(_calls(inner, me) for inner in _elements(element))


def marked_up(text: object, names: Names) -> str:
    """A text with Slack's markup."""
    if not isinstance(text, str):
        return ""
    return html.unescape(_ENTITY.sub(lambda match: _entity(match[1], names), text))


def _entity(inside: str, names: Names) -> str:
    target, _, label = inside.partition("|")
    if target.startswith(("@", "#")):
        named = names(target)
        return f"{target[0]}{label}" if label and named else named
    if target.startswith("!subteam^"):
        return label or names(f"@{target[9:]}")
    if target.startswith("!"):
        return label or f"@{target[1:].split('^')[0]}"
    return f"{label} ({target})" if label and label != target else target


def rich(block: Mapping[str, Any], names: Names) -> str:
    """A block of rich text, or a cell of a table that is one."""
    parts = []
    for element in _elements(block):
        kind, inner = element.get("type"), _inline(element, names)
        if kind == "rich_text_preformatted":
            parts.append(f"```\n{inner}\n```")
        elif kind == "rich_text_quote":
            parts.append("\n".join(f"> {line}" for line in inner.split("\n")))
        elif kind == "rich_text_list":
            parts.append(_list(element, names))
        else:
            parts.append(inner)
    return "\n".join(part.strip("\n") for part in parts if part.strip())


def _elements(block: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    return mappings(block.get("elements"))


def _list(element: Mapping[str, Any], names: Names) -> str:
    indent = "  " * min(_number(element.get("indent")), 8)
    ordered = element.get("style") == "ordered"
    first = _number(element.get("offset")) + 1
    return "\n".join(
        f"{indent}{f'{number}.' if ordered else '-'} {_inline(item, names)}"
        for number, item in enumerate(_elements(element), start=first)
    )


def _number(value: object) -> int:
    return value if type(value) is int else 0


def _styled(leaf: Mapping[str, Any], how: str) -> bool:
    style = leaf.get("style")
    return isinstance(style, dict) and bool(style.get(how))


def _inline(element: Mapping[str, Any], names: Names) -> str:
    """Words side by side; what is struck out keeps its mark, for it means the opposite."""
    parts = []
    for struck, leaves in groupby(_elements(element), lambda leaf: _styled(leaf, "strike")):
        text = "".join(_leaf(leaf, names) for leaf in leaves)
        inner = text.strip()
        parts.append(text.replace(inner, f"~~{inner}~~", 1) if struck and inner else text)
    return "".join(parts)


def _leaf(leaf: Mapping[str, Any], names: Names) -> str:
    match leaf.get("type"):
        case "text":
            text = str(leaf.get("text") or "")
            return f"`{text}`" if _styled(leaf, "code") else text
        case "link":
            url, text = str(leaf.get("url") or ""), str(leaf.get("text") or "")
            return f"{text} ({url})" if text and text != url else url
        case "user" | "usergroup":
            return names(f"@{leaf.get('user_id') or leaf.get('usergroup_id')}")
        case "channel":
            return names(f"#{leaf.get('channel_id')}")
        case "broadcast":
            return f"@{leaf.get('range')}"
        case "emoji":
            return _emoji(leaf)
        case "date":
            return str(leaf.get("fallback") or leaf.get("timestamp") or "")
        case "color":
            return str(leaf.get("value") or "")
        case _:  # kinds that Slack adds later
            said = (leaf.get(key) for key in ("text", "url", "fallback", "name"))
            return _inline(leaf, names) or next((text for text in said if isinstance(text, str)), "")


def _emoji(leaf: Mapping[str, Any]) -> str:
    try:
        return "".join(chr(int(code, 16)) for code in str(leaf["unicode"]).split("-"))
    except (KeyError, ValueError, OverflowError):
        return f":{leaf.get('name')}:"
