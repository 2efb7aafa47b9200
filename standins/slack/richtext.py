"""What the composer of a Slack client makes of typed text: a rich_text block.

Ids inside code become `user` elements with a code style, and ids in quotes stay `user` elements:
the harder of the shapes seen, so that nobody takes every `user` element for a mention.
"""

from __future__ import annotations

import re

from standins.slack.wire import Json

_FENCE = re.compile(r"```(.*?)```", re.DOTALL)
_INLINE = re.compile(
    r"`(?P<code>[^`\n]+)`"
    r"|<@(?P<user>[UW][A-Z0-9]+)(?:\|[^>]*)?>"
    r"|<#(?P<channel>[CGD][A-Z0-9]+)(?:\|[^>]*)?>"
    r"|<!subteam\^(?P<group>[A-Z0-9]+)(?:\|[^>]*)?>"
    r"|<!(?P<range>here|channel|everyone)(?:\|[^>]*)?>"
    r"|<(?P<url>(?:https?|mailto):[^>|]+)(?:\|(?P<label>[^>]*))?>"
    r"|:(?P<emoji>[a-z0-9_+-]+):"
)
_CONTROL = re.compile(r"<(?:[@#!][^<>\s][^<>]*|(?:https?|mailto):[^<>\s][^<>]*)>")
_ENTITY = re.compile(r"&(?:amp|lt|gt);")


def escaped(typed: str) -> str:
    """The text of the event: `&`, `<`, `>` as entities, except in ids, links and entities already there."""
    out, at = [], 0
    for kept in re.finditer(f"{_CONTROL.pattern}|{_ENTITY.pattern}", typed):
        out += [_entities(typed[at : kept.start()]), kept.group()]
        at = kept.end()
    return "".join([*out, _entities(typed[at:])])


def plain(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def blocks_of(text: str, block_id: str) -> list[Json]:
    """The `blocks` of a message whose (escaped) text is `text`; none for an empty text."""
    elements: list[Json] = []
    at = 0
    for fence in _FENCE.finditer(text):
        elements += _lines(text[at : fence.start()])
        elements.append(
            {"type": "rich_text_preformatted", "border": 0, "elements": _inline(fence.group(1).strip("\n"))}
        )
        at = fence.end()
    elements += _lines(text[at:])
    return [{"type": "rich_text", "block_id": block_id, "elements": elements}] if elements else []


def _entities(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _lines(text: str) -> list[Json]:
    """Sections and quotes of text without fences."""
    elements: list[Json] = []
    run: list[str] = []
    quoted = False
    for line in text.strip("\n").split("\n"):
        is_quote = line.startswith("&gt;")
        if is_quote != quoted:
            elements += _section(run, quoted)
            run, quoted = [], is_quote
        run.append(line.removeprefix("&gt;").removeprefix(" ") if is_quote else line)
    return elements + _section(run, quoted)


def _section(lines: list[str], quoted: bool) -> list[Json]:
    inner = _inline("\n".join(lines))
    if not inner:
        return []
    return [{"type": "rich_text_quote" if quoted else "rich_text_section", "elements": inner}]


def _inline(text: str) -> list[Json]:
    out: list[Json] = []
    at = 0
    for found in _INLINE.finditer(text):
        out += _words(text[at : found.start()])
        out += _element(found)
        at = found.end()
    return out + _words(text[at:])


def _words(text: str) -> list[Json]:
    return [{"type": "text", "text": plain(text)}] if text else []


def _element(found: re.Match[str]) -> list[Json]:
    kind, value = found.lastgroup, found.groupdict()
    if kind == "code":
        return [{**inner, "style": {"code": True}} for inner in _inline(value["code"])]
    if kind in ("url", "label"):
        link: Json = {"type": "link", "url": plain(value["url"])}
        return [{**link, "text": plain(value["label"])} if value["label"] else link]
    names = {
        "user": ("user", "user_id"),
        "channel": ("channel", "channel_id"),
        "group": ("usergroup", "usergroup_id"),
        "range": ("broadcast", "range"),
        "emoji": ("emoji", "name"),
    }
    kind_name, key = names[str(kind)]
    return [{"type": kind_name, key: value[str(kind)]}]
