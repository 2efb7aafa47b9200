"""Modals: opened with a trigger, filled in and sent by people.

Sources, of docs.slack.dev: reference/methods/views.open, reference/views/modal-views, surfaces/modals (a
trigger is good once and for three seconds), reference/interaction-payloads/view-interactions-payload.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from standins.slack.wire import ApiError, Json, refuse

_KINDS = ("section", "context", "divider", "header", "actions", "image")


@dataclass(eq=False)
class Modal:
    """A form that a person sees. errors: what it says under its fields. closed: it was sent, and taken."""

    user: str
    view: Json
    errors: Json = field(default_factory=dict)
    closed: bool = False


@dataclass
class Views:
    """`triggers`: who was given each, and when; None once it was exchanged. `seconds`: of its life."""

    seconds: float
    triggers: dict[str, tuple[str, float] | None] = field(default_factory=dict)
    opened: list[Modal] = field(default_factory=list)

    def open(self, args: Json) -> Json:
        trigger, view = str(args.get("trigger_id", "")), args["view"]
        refuse(trigger not in self.triggers, "invalid_trigger_id")
        given = self.triggers[trigger]
        if given is None:
            raise ApiError("exchanged_trigger_id")
        refuse(time.monotonic() - given[1] > self.seconds, "expired_trigger_id")
        wrong = [f"{why} [json-pointer:/view/{at}]" for at, why in _wrong(view)]
        refuse(wrong, "invalid_arguments", *wrong)
        self.triggers[trigger] = None
        shown = {"id": f"V{uuid.uuid4().hex[:10].upper()}", "hash": f"{time.time():.6f}", **view}
        self.opened.append(Modal(given[0], shown))
        return {"view": shown}


def filled(view: Json, values: Mapping[str, str]) -> Json:
    """The view as it is sent, with what was typed into each block. LookupError where the client would not."""
    state: Json = {}
    for block in view["blocks"]:
        if block["type"] == "input":
            element, typed = block["element"], values.get(block["block_id"])
            if not typed and not block.get("optional"):
                raise LookupError(f"{block['block_id']} is to be filled in")
            if len(typed or "") > element.get("max_length", 3000):
                raise LookupError(f"{block['block_id']} takes fewer characters")
            told = {"type": element["type"], "value": typed or None}
            state[block["block_id"]] = {element["action_id"]: told}
    return {**view, "state": {"values": state}}


def _wrong(view: Json) -> Iterator[tuple[str, str]]:
    """Where and why Slack refuses it."""
    blocks: Any = view.get("blocks")
    if view.get("type") != "modal" or not isinstance(blocks, list) or not 0 < len(blocks) <= 100:
        yield "blocks", "a modal must have 1 to 100 items"
        return
    needed = ("title", "submit") if any(block.get("type") == "input" for block in blocks) else ("title",)
    for name in ("title", "submit", "close"):
        if name in view or name in needed:
            yield from _text(name, view.get(name), 24)
    for name, longest in (("callback_id", 255), ("private_metadata", 3000)):
        if len(str(view.get(name, ""))) > longest:
            yield name, f"must be less than {longest + 1} characters"
    for at, block in enumerate(blocks):
        if block.get("type") == "input":
            yield from _input(f"blocks/{at}", block)
        elif block.get("type") not in _KINDS:
            yield f"blocks/{at}", f"unsupported type: {block.get('type')}"


def _input(where: str, block: Json) -> Iterator[tuple[str, str]]:
    """Of fields only those for text are played here."""
    element = block.get("element") or {}
    yield from _text(f"{where}/label", block.get("label"), 2000)
    if element.get("type") != "plain_text_input" or not 1 <= element.get("max_length", 3000) <= 3000:
        yield f"{where}/element", "unsupported type, or max_length is not between 1 and 3000"
    if "placeholder" in element:
        yield from _text(f"{where}/element/placeholder", element["placeholder"], 150)


def _text(where: str, said: Any, longest: int) -> Iterator[tuple[str, str]]:
    plain = isinstance(said, dict) and said.get("type") == "plain_text" and said.get("text")
    if not plain or len(said["text"]) > longest:
        yield where, f"must be plain_text of 1 to {longest} characters"
