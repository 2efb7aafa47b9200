"""The words of a Discord message as people read them: names for ids; polls, cards and stickers as text.

No payload is trusted to have the shape that the documentation gives it: whatever has another is left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final

from bots.replies.safe_text import printable

Payload = Mapping[str, Any]
Known = Callable[[str], str]
"""What people see in place of "#123" or "@&77"; "" where that is not known yet."""
MOST: Final = 12_000
"""Characters that are read of what a person did not write themselves."""
_CODE = re.compile(r"(```.*?```|``.*?``|`[^`\n]*`)", re.DOTALL)
_ENTITY = re.compile(r"<(?:(@!?|@&|#)([0-9]{1,20})|a?(:\w+:)[0-9]{1,20})>")
_TEXT_DISPLAY = 10
"""The component that is text; others have components in them."""
_DEEP, _CARDS, _FIELDS, _PARTS = 4, 10, 25, 40


def nothing_known(_: str) -> str:
    """`Known` where nobody told any names."""
    return ""


def maps(value: object, most: int = _PARTS) -> Iterator[Payload]:
    """The objects in a list; nothing of what is no list."""
    return (one for one in (value[:most] if isinstance(value, list) else ()) if isinstance(one, Mapping))


def inner(payload: Payload, name: str) -> Payload:
    """The object of that name in it, an empty one where there is none."""
    value = payload.get(name)
    return value if isinstance(value, Mapping) else {}


def word(value: object) -> str:
    """The text, "" for whatever is none."""
    return value if isinstance(value, str) else ""


def name_of(user: Payload, member: Payload) -> str:
    """What people see of somebody in that server."""
    names = (member.get("nick"), user.get("global_name"), user.get("username"))
    return next(filter(None, map(word, names)), "")


def people(*payloads: Payload) -> dict[str, str]:
    """The names of those whom these messages mention, by their ids; the first that is told counts."""
    found: dict[str, str] = {}
    for payload in payloads:
        for user in maps(payload.get("mentions"), 100):
            id = word(user.get("id"))
            found.setdefault(id, name_of(user, inner(user, "member")) or id)
    return found


def spoken(text: object, names: Mapping[str, str], known: Known, us: frozenset[str] = frozenset()) -> str:
    """A text with names; what stands in code stays as it is, and mentions of `us` go.

    A channel or role whose name is not known becomes its token, "#123" or "@&77".
    """
    parts = _CODE.split(word(text))
    parts[::2] = [_ENTITY.sub(partial(_entity, names, known, us), part) for part in parts[::2]]
    return "".join(parts).strip()


def _entity(names: Mapping[str, str], known: Known, us: frozenset[str], found: re.Match[str]) -> str:
    sign, id, emoji = found.groups()
    if emoji:
        return str(emoji)
    if sign.rstrip("!") + id in us:
        return ""
    if sign in ("#", "@&"):
        return known(sign + id) or sign + id
    return f"@{names[id]}" if id in names else found[0]


def tokens(payload: Payload, known: Known) -> Iterator[str]:
    """The channels and roles it mentions whose names are not known."""
    for text in _texts(payload):
        for part in _CODE.split(text)[::2]:
            for sign, id, _ in _ENTITY.findall(part):
                if sign in ("#", "@&") and not known(sign + id):
                    yield sign + id


def _texts(payload: Payload) -> Iterator[str]:
    yield word(payload.get("content"))
    yield from map(card, maps(payload.get("embeds"), _CARDS))
    yield from displayed(payload.get("components"))


def poll(payload: Payload) -> str:
    """Its poll as question and options, "" for none."""
    asked = inner(payload, "poll")
    question = word(inner(asked, "question").get("text"))
    options = [_option(inner(one, "poll_media")) for one in maps(asked.get("answers"))]
    told = [f"- {one}" for one in options if one]
    return "\n".join([f"Poll: {question}", *told]) if question or told else ""


def _option(media: Payload) -> str:
    return f"{word(inner(media, 'emoji').get('name'))} {word(media.get('text'))}".strip()


def card(embed: Payload) -> str:
    """The words of an embed: a link's preview, or what an app shows; "" for a mere picture."""
    title, url = word(embed.get("title")), word(embed.get("url"))
    heading = f"[{title}]({url})" if title and url else title
    rows = [
        f"{word(one.get('name'))}: {word(one.get('value'))}" for one in maps(embed.get("fields"), _FIELDS)
    ]
    parts = [word(inner(embed, "author").get("name")), heading, word(embed.get("description")), *rows]
    return "\n".join(filter(None, [*parts, word(inner(embed, "footer").get("text"))]))


def displayed(components: object, depth: int = _DEEP) -> Iterator[str]:
    """The texts that an app shows as components."""
    for one in maps(components) if depth else ():
        if one.get("type") == _TEXT_DISPLAY:
            yield word(one.get("content"))
        yield from displayed(one.get("components"), depth - 1)


def stickers(payload: Payload) -> str:
    """Its stickers by their names."""
    listed = payload.get("sticker_items") or payload.get("stickers")
    return " ".join(f"[Sticker: {word(one.get('name'))}]" for one in maps(listed))


def whole(payload: Payload, names: Mapping[str, str], known: Known) -> str:
    """All the words of a message that is pointed at, of at most MOST characters."""
    shown = (spoken(one, names, known) for one in _texts(payload))
    passed_on = (whole(one, people(one), known) for one in snapshots(payload))
    parts = [*shown, poll(payload), stickers(payload), *passed_on]
    return cut(printable("\n\n".join(filter(None, parts))).strip())


def cut(text: str, most: int = MOST) -> str:
    """The text, of at most so many characters."""
    return text if len(text) <= most else text[: most - 1] + "…"


def snapshots(payload: Payload) -> Iterator[Payload]:
    """The messages that somebody passed on with this one; there are none in those."""
    for one in maps(payload.get("message_snapshots")):
        message = one.get("message")
        if isinstance(message, Mapping):
            yield {name: value for name, value in message.items() if name != "message_snapshots"}


def referenced(payload: Payload) -> Iterator[Payload]:
    """The message it answers or, where Discord gives no snapshot of it, passes on; none if it is gone."""
    message = payload.get("referenced_message")
    if isinstance(message, Mapping):
        yield message
