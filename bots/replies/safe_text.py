"""Model output made safe to show: no ping on Slack, no control characters anywhere.

Discord needs no change of the text against pings: the request's `allowed_mentions` turns them off.
"""

from __future__ import annotations

import re

from core.files.detect import safe_name

_ZERO_WIDTH_SPACE = "\u200b"
_GROUPS = ("channel", "here", "everyone")
# C0 without newline and tab, DEL, C1, bidi overrides, and lone surrogates, which no request can encode.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_PING = re.compile(
    r"<(?=!(?:channel|here|everyone|group)(?![a-z0-9_])"
    r"|!subteam\^"
    r"|@&[0-9]"
    r"|@[uw](?:[a-z0-9]{1,10}[|>]|[a-z0-9]{11}))",
    re.ASCII | re.IGNORECASE,
)


def _beginnings(*words: str) -> str:
    """A pattern for every beginning of the words, the whole ones included, longest first."""
    found = {word[:size] for word in words for size in range(1, len(word) + 1)}
    return "|".join(sorted(found, key=len, reverse=True))


_BEGUN = re.compile(
    rf"<(?:!(?:{_beginnings(*_GROUPS, 'group', 'subteam')})?|@(?:&|[uw][a-z0-9]{{0,10}})?)?\Z",
    re.ASCII | re.IGNORECASE,
)
_LONGEST_BEGUN = len("<@U") + 10


def printable(text: str) -> str:
    """The text without control characters (newline and tab stay), bidi overrides and lone surrogates.

    Right-to-left text, emoji, joiners and variation selectors stay exact. Idempotent; every character is
    judged alone, so it may be used on the pieces of a stream.
    """
    return _UNPRINTABLE.sub("", text)


def harmless(text: str) -> str:
    """A complete text that Slack shows as it is, `printable`, and that notifies nobody.

    A zero width space goes behind the `<` of what Slack would take for a ping: `<!channel>`, `<!here|x>`,
    `<!everyone>`, `<!group>`, `<!subteam^S1>`, `<@U1>`, `<@W1|x>`, `<@&1>`, in any case, in code too. A bare
    `@here` pings nobody unless a call asks Slack to look for names, which none of ours does. All else stays
    exact. Idempotent.
    """
    clean = printable(text)
    return _PING.sub(rf"\g<0>{_ZERO_WIDTH_SPACE}", clean) if "<" in clean else clean


def pings(text: str) -> list[int]:
    """Behind which places of a printable text `harmless` puts a zero width space."""
    return [found.end() for found in _PING.finditer(text)] if "<" in text else []


def ping_begun(text: str) -> int:
    """How many characters at the end, 13 at most, may be the beginning of a ping."""
    found = _BEGUN.search(text, max(0, len(text) - _LONGEST_BEGUN))
    return len(text) - found.start() if found else 0


_SPECIAL = re.compile(r'[<>@:"|?*`\s\u200b]+')


def file_name(name: str) -> str:
    """A `safe_name` without a character that mentions, formats, or that networks replace on their own."""
    return _SPECIAL.sub("_", safe_name(name)).strip("_") or "file"
