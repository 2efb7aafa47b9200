"""An answer as Slack or Discord would show it: by the very code of their adapters. Nothing is sent."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from bots.discord.markup import DiscordMarkup
from bots.replies.blocks import Block, Markdown
from bots.replies.markdown import Pages
from bots.slack.markup import SlackMarkup, stream_pages

DISCORD_LIMIT: Final = 2000
_HEADING: Final = re.compile(r" {0,3}(#{1,6})\s+(.*?)[ #]*$")
_LIST: Final = re.compile(r"\s*(?:[-+*]|\d+[.)])\s")
_OTHERS: Final = {"fence": "code", "code": "code", "table": "table", "rule": "rule"}


def posts(platform: str, text: str) -> list[str]:
    """What each post says."""
    pages = stream_pages(SlackMarkup()) if platform == "slack" else Pages(DiscordMarkup(), DISCORD_LIMIT)
    return pages.posts(text)


def shown(platform: str, text: str) -> dict[str, Any]:
    """The posts, cut into the lines that people see, and what would be sent for each."""
    made = posts(platform, text)
    if platform == "slack":
        raw = [{"text": one[:200], "blocks": [{"type": "markdown", "text": one}]} for one in made]
    else:
        raw = [{"content": one, "components": []} for one in made]
    lines = [{"lines": list(_lines(one))} for one in made]
    return {"posts": lines, "raw": json.dumps(raw, ensure_ascii=False, indent=2)}


def _lines(post: str) -> Iterator[dict[str, Any]]:
    source = post.split("\n")
    done = 0
    for block in Markdown(loose=True).blocks(post):
        yield from map(_line, source[done : block.start])
        yield from _block(source, block)
        done = block.end
    yield from map(_line, source[done:])


def _block(source: list[str], block: Block) -> Iterator[dict[str, Any]]:
    lines = source[block.start : block.end]
    kind = _OTHERS.get(block.kind)
    if kind is None:
        yield from map(_line, lines)
        return
    language = ""
    if block.kind == "fence":
        language = lines[0].strip("`~ ")
        lines = lines[1 : -1 if block.closed and len(lines) > 1 else None]
    yield {"kind": kind, "text": "\n".join(lines), "language": language, "level": 0}


def _line(line: str) -> dict[str, Any]:
    kind, text, level = "text", line, 0
    if found := _HEADING.match(line):
        kind, text, level = "heading", found[2], len(found[1])
    elif line.startswith(">"):
        kind, text = "quote", line.lstrip("> ")
    elif _LIST.match(line):
        kind, level = "list", (len(line) - len(line.lstrip())) // 2
    return {"kind": kind, "text": text, "language": "", "level": level}


def link(where: tuple[str, str, str, str], post: str) -> str | None:
    """Where a browser sees the post; None where posts have no address."""
    platform, workspace, channel, topic = where
    if platform == "slack":
        thread = f"?thread_ts={topic}&cid={channel}" if topic and topic != post else ""
        return f"https://slack.com/archives/{channel}/p{post.replace('.', '')}{thread}"
    discord = f"https://discord.com/channels/{workspace or '@me'}/{channel}/{post}"
    return discord if platform == "discord" else None
