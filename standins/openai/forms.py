"""The forms in which compatible servers send an answer: with deltas as OpenAI does, or with a part of that.

Seen in the field: text only in `output_text.done` (short answers of OpenAI, too), in `content_part.done`, in
`output_item.done`, or in the terminal event; deltas with an empty `output` at the end; JSON for a stream.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final, Literal, get_args

from standins.openai.events import Break, Delta, Event, event

Form = Literal["full", "deltas", "done", "part", "item", "whole", "json"]
FORMS: Final[tuple[Form, ...]] = get_args(Form)
_CALLS: Final = "response.function_call_arguments.done"
_KEPT: Final[dict[Form, set[str]]] = {
    "deltas": {"response.function_call_arguments.delta"},
    "done": {"response.output_text.done", "response.refusal.done", _CALLS},
    "part": {"response.content_part.done", _CALLS},
    "item": {"response.output_item.done"},
    "whole": set(),
}
"""What tells of an answer's content in each form; in none of these but `whole` the end has any `output`."""


async def formed(
    events: AsyncGenerator[Event | Delta | Break], form: Form
) -> AsyncGenerator[Event | Delta | Break]:
    """The events as a server of that form sends them."""
    async with aclosing(events):
        async for one in events:
            if form == "full" or isinstance(one, Break):
                yield one
            elif isinstance(one, Delta):
                if form == "deltas":
                    yield one
            elif one.name.endswith((".done", ".delta")):
                if one.name in _KEPT[form]:
                    yield one
            else:
                yield one if form == "whole" else _without_output(one)


def _without_output(one: Event) -> Event:
    """The terminal event of a server that tells nothing twice."""
    data = json.loads(one.frame.split(b"data: ", 1)[1])
    if not data.get("response", {}).get("output"):
        return one
    return event(one.sequence, one.name, response={**data["response"], "output": []})
