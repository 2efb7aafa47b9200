"""telemetry.spans: what the journal and the ledger know of a run, also when something went wrong."""

from __future__ import annotations

import json
from typing import Any

from bots.telemetry.spans import FETCH, measured, of_run
from core.store import assistants, runs, usage
from core.store.usage import Usage
from tests.core.fakes import store
from tests.core.queued import asked, claimed

CALL = {"id": "call_1", "name": "how do I tell Bob", "arguments": "{}"}
JOURNAL: dict[str, Any] = {
    "response": "resp_1",
    "round:0": {"text": "", "items": [], "calls": [CALL]},
    "call:call_1": {"output": "error: there is no such function"},
}
STEP = "INSERT INTO steps (id, run_id, name, value, ref, created_at) VALUES (?, ?, ?, ?, NULL, 5)"


def test_a_run_that_went_on_elsewhere():
    """A background response is fetched there, a cut request is no measure, an invented tool has no name."""
    with store() as tx:
        run = asked(tx, "1")
        claimed(tx)
        who = assistants.update(tx, "asst_settings", {"reasoning_effort": "high"}, 1.0)
        ended = "status = 'incomplete', created_at = 1, began_at = 1, ended_at = 20, assistant_version = ?"
        tx.execute(f"UPDATE runs SET {ended} WHERE id = ?", (who.version, run))
        for name, value in JOURNAL.items():
            tx.execute(STEP, (f"step_{name}", run, name, json.dumps(value)))
        for at, died in ((3.0, False), (7.0, True)):
            runs.take_over(tx, run, "me", at, died=died)
        of: dict[str, Any] = {"run_id": run, "input": 9}
        usage.add(tx, Usage("answer", "m", 2.0, "completed", ended_at=4.0, step="round:0", **of))
        usage.add(tx, Usage("answer", "m", 6.0, "unknown", step="round:1", run_id=run))
        last = Usage("answer", "m", 8.0, "incomplete", ended_at=9.0, step="round:1", **of)
        usage.add(tx, last, Usage("image", "m", 8.0, "completed", ended_at=9.0, run_id=run))
        span = of_run(tx, run)
    assert span
    first, fetched, cut, filtered, image, tool = span.inner
    assert (FETCH, 3.0, 4.0) == (fetched.attributes["gen_ai.operation.name"], fetched.began, fetched.ended)
    assert ["resp_1"] * 2 + [None] == [
        one.attributes.get("gen_ai.response.id") for one in (first, fetched, filtered)
    ]
    assert "gen_ai.usage.input_tokens" not in fetched.attributes
    assert [("tool_call",), None, ("length",), None] == [
        one.attributes.get("gen_ai.response.finish_reasons") for one in (first, cut, filtered, image)
    ]
    assert ["high", None] == [one.attributes.get("gen_ai.request.reasoning.level") for one in (cut, image)]
    assert ("execute_tool other", 7.0) == (tool.name, cut.ended)
    found = measured(span)
    assert 4 == sum(name == "gen_ai.client.inference.duration" for name, *_ in found)
    assert 4 == next(count for name, count, _ in found if name.endswith("inference_calls"))
