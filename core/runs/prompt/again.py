"""A press under an answer as the question that it is."""

from __future__ import annotations

from dataclasses import replace

from core.types import IncomingMessage, Wish


def again(order: IncomingMessage, asked: tuple[IncomingMessage, ...], wish: Wish) -> IncomingMessage:
    """The press as a message: for another answer with all that was asked, for a shorter one alone."""
    last = asked[-1]
    same = {name: getattr(last, name) for name in ("address", "author", "locale", "parent", "team")}
    if wish == "shorter":
        return replace(order, **same)
    texts = (one.text.removeprefix(f"{order.text}\n\n") for one in asked)  # it may have been one of these
    return replace(
        order,
        **same,
        text="\n\n".join([order.text, *filter(None, texts)]),
        files=tuple(file for one in asked for file in one.files),
        quotes=tuple(quote for one in asked for quote in one.quotes),
        mentions=tuple(dict.fromkeys(id for one in asked for id in one.mentions)),
        repeats=tuple(id for one in asked for id in (one.id, *one.repeats)),
    )
