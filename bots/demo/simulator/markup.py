"""What a network's own marks mean, as Markdown: the page knows no other."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from bots.demo.simulator.post import Part

_CODE: Final = re.compile(r"(```.*?```|`[^`\n]+`)", re.DOTALL)
_TOKEN: Final = re.compile(r"<(?P<sigil>[@#!]?)(?P<target>[^<>|]+)(?:\|(?P<label>[^<>]*))?>")
_BOLD: Final = re.compile(r"(?<![\w*\\])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])")
_STRUCK: Final = re.compile(r"(?<![\w~\\])~(?=\S)([^~\n]+?)(?<=\S)~(?![\w~])")
_MARKS: Final = re.compile(r"(^#|[\\\[\]|]|\*(?=\*)|(?<=\*)\*|~(?=~)|(?<=~)~)", re.MULTILINE)
"""What would mean something in Markdown and means nothing on Slack."""
_SMALL: Final = "-# "


def of_slack(mrkdwn: str, names: Mapping[str, str]) -> str:
    """`names`: of people and channels, by their ids."""
    parts = _CODE.split(mrkdwn)
    return "".join(_plain(part) if i % 2 else _marked(part, names) for i, part in enumerate(parts))


def _marked(text: str, names: Mapping[str, str]) -> str:
    """Text without code in it. Links and names are set apart, so that what is in them stays as it is."""
    told, at = [], 0
    for found in _TOKEN.finditer(text):
        told += [_prose(text[at : found.start()]), _named(found, names)]
        at = found.end()
    return "".join([*told, _prose(text[at:])])


def _prose(text: str) -> str:
    text = _MARKS.sub(r"\\\1", _plain(text))
    return _STRUCK.sub(r"~~\1~~", _BOLD.sub(r"**\1**", text))


def _named(found: re.Match[str], names: Mapping[str, str]) -> str:
    target, label = found["target"], found["label"]
    if found["sigil"] == "@":
        return f"@{names.get(target, label or target)}"
    if found["sigil"] == "#":
        return f"#{names.get(target, label or target)}"
    if found["sigil"]:
        return f"@{label or target}"
    return f"[{label}]({target})" if label else f"<{target}>"


def _plain(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def of_discord(content: str, names: Mapping[str, str]) -> list[Part]:
    """Nearly Markdown itself, but for what is small; in code nothing is."""
    told, code = list[Part](), False
    for line in content.split("\n"):
        code ^= line.lstrip().startswith("```")
        small = line.startswith(_SMALL) and not code
        part = Part("small", line.removeprefix(_SMALL)) if small else Part("text", line)
        if told and part.kind == told[-1].kind == "text":
            told[-1] = Part("text", f"{told[-1].text}\n{line}")
        else:
            told.append(part)
    found = (Part(part.kind, _people(part.text, names)) for part in told)
    return [part for part in found if part.text.strip()]


def _people(text: str, names: Mapping[str, str]) -> str:
    return re.sub(r"<@[!&]?(\d+)>", lambda found: f"@{names.get(found[1], found[1])}", text)
