"""Remarks: what a person should read of an assistant, as values. Who shows them makes the sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal[
    "invalid",  # text: a whole sentence about the field `param`, the same for everybody
    "name_taken",  # name, id: of the other one
    "name_of_settings",  # name
    "function_unknown",  # name, meant: what is there under a name like it, or ""
    "function_unwritten",  # name
    "model_refused",  # text, replacement
    "model_warning",  # text
    "tools_unavailable",  # label, tools
    "thinking_with_temperature",
    "namesake",  # name, id: of the other one
    "field_unknown",  # name
    "retrieval_renamed",
    "tool_unknown",  # tool
    "store_left",  # id
    "stores_left",
    "code_file_left",  # id
    "file_left",  # id
    "model_replaced",  # reason, model
    "effort_left",  # effort, model
    "same_here",
    "differs_here",
    "restored",
    "id_changed",  # given, id
]


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing to be said. `facts`: what fills in the sentence of this kind, named beside each kind.

    `param`: the field it is about, as the API's errors name it (`model`, `tools[1]`); "" for the whole.
    """

    kind: Kind
    facts: Mapping[str, str] = field(default_factory=dict)
    param: str = ""


def invalid(param: str, text: str) -> Remark:
    """What is wrong with a field, in a complete sentence with its cure."""
    return Remark("invalid", {"text": text}, param)
