"""core.store.steps: every kind of step is read as 813e8fc wrote it, and written in the same shape."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest

from core.store import steps
from core.store.steps import (
    ANSWER,
    CONTAINERS,
    CONTEXT,
    Answer,
    Begun,
    Call,
    Decided,
    Deleted,
    Done,
    Intended,
    Posted,
    Round,
    Step,
    Uploaded,
    call,
    file,
    post,
    question,
    response,
    round,
    upload,
)
from core.types import Earlier

LOOK = {"type": "function_call", "call_id": "a", "name": "look", "arguments": "{}"}
ROUND = (
    '{"text": "Hm", "items": [{"type": "function_call", "call_id": "a", "name": "look", "arguments": "{}"}], '
    '"calls": [{"id": "a", "name": "look", "arguments": "{}", "server": ""}], "files": ["file_a"], '
    '"cited": ["a.pdf"]}'
)
EARLIER = '[{"id": "1.0", "ref": "slack:T1:C2:1.0", "user": "U9", "text": "A good place"}]'
USED = {"input_tokens": 36}
WHOLE = (
    '{"ending": "completed", "text": "Hi", "note": "", "error": "", "usage": {"input_tokens": 36}, '
    '"head": "> Hm", "files": ["file_a"]}'
)
Case = tuple[Step[Any], str, str, Any]
ON_DISK: dict[str, list[Case]] = {
    "CONTEXT": [(CONTEXT, "context", EARLIER, (Earlier("1.0", "slack:T1:C2:1.0", "U9", "A good place"),))],
    "ANSWER": [(ANSWER, "answer", WHOLE, Answer("completed", "Hi", "", "", USED, "> Hm", ("file_a",)))],
    "CONTAINERS": [(CONTAINERS, "containers", '["cntr_1"]', ["cntr_1"])],
    "response": [(response(0), "response", '"resp_1"', "resp_1"), (response(2), "response:2", '""', "")],
    "round": [
        (
            round(0),
            "round:0",
            ROUND,
            Round("Hm", (LOOK,), (Call("a", "look", "{}"),), ("file_a",), ("a.pdf",)),
        )
    ],
    "call": [
        (call("a"), "call:a", '{"begun": 1795831897.3}', Begun(1795831897.3)),
        (call("a"), "call:a", '{"output": "o", "files": ["file_a"]}', Done("o", ("file_a",))),
        (
            call("a"),
            "call:a",
            '{"output": "o", "files": [], "interrupted": true}',
            Done("o", interrupted=True),
        ),
        (call("a"), "call:a", '{"output": "o", "files": [], "notice": "n"}', Done("o", notice="n")),
        (call("a"), "call:a", '{"approve": true}', Decided(True)),
        (call("a"), "call:a", '{"approve": true, "sent": 2.5}', Decided(True, sent=2.5)),
        (
            call("a"),
            "call:a",
            '{"approve": false, "sent": 2.5, "interrupted": true}',
            Decided(False, 2.5, True),
        ),
        (call("a"), "call:a", '{"approve": false, "notice": "n"}', Decided(False, notice="n")),
    ],
    "post": [
        (post(0), "post:0", '{"intent": 1795832399.4}', Intended(1795832399.4)),
        (post(0), "post:0", '{"id": "157"}', Posted("157")),
        (post(1), "post:1", '{"deleted": "157"}', Deleted("157")),
    ],
    "question": [
        (question("appr_a"), "ask:appr_a", '{"intent": 2.5}', Intended(2.5)),
        (question("appr_a"), "ask:appr_a", '{"id": "157"}', Posted("157")),
        (question("appr_a"), "ask:appr_a", '{"id": "157", "decided": "✅"}', Posted("157", "✅")),
    ],
    "file": [
        (file("file_a"), "file:file_a", '{"intent": 2.5}', Intended(2.5)),
        (file("file_a"), "file:file_a", '{"id": "157"}', Posted("157")),
    ],
    "upload": [
        (upload("file_a"), "file:file_a", '{"file": "F1"}', Uploaded("F1")),
        (upload("file_a"), "file:file_a", '{"file": "F1", "shown": true}', Uploaded("F1", shown=True)),
    ],
}
"""By the name the module has for that kind of step: the name on disk, the JSON there, and the value."""
CASES = [case for cases in ON_DISK.values() for case in cases]
OLDER: list[tuple[Step[Any], str, Any]] = [
    (
        ANSWER,
        '{"ending": "completed", "text": "Hi", "note": "", "error": "", "usage": {}}',
        Answer("completed", "Hi"),
    ),
    (round(0), '{"text": "", "items": [], "calls": []}', Round("", (), ())),
]
"""What was written before there were files."""


@pytest.mark.parametrize(("step", "name", "told", "value"), CASES)
def test_a_step_is_on_disk_as_it_always_was(step, name, told, value):
    """Its name, its value read, and its value written, to the order of its fields."""
    assert (name, value) == (step.name, step.read(json.loads(told)))
    assert told == json.dumps(step.write(value), ensure_ascii=False)


@pytest.mark.parametrize(("step", "told", "value"), OLDER)
def test_what_an_older_version_left_out_has_a_default(step, told, value):
    """As databases of 2906ca6 have it."""
    assert value == step.read(json.loads(told))


def test_every_kind_of_step_is_among_them():
    """Each that the module names, and each of the values that one may have."""
    hints = {name: one for name, one in vars(steps).items() if name[0] != "_" and name != "Step"}
    hints = {name: getattr(one, "__annotations__", {}).get("return", "") for name, one in hints.items()}
    kinds = {name for name, hint in (hints | steps.__annotations__).items() if "Step[" in str(hint)}
    assert set(ON_DISK) == kinds
    assert {type(value) for *_, value in CASES} >= {*get_args(steps.CallState), *get_args(steps.PostState)}
