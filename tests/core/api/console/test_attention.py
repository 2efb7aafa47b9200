"""console.attention: what needs somebody, in their language, with what to do and where."""

from __future__ import annotations

import time

from core.api.console.attention import attention
from core.settings import Settings
from core.store import approvals, assistants
from core.store.console import View
from core.store.figures import Span
from tests.core.fakes import store
from tests.core.queued import asked, claimed

ROUND = '{"text": "", "items": [], "calls": [{"id": "call_1", "name": "pay", "arguments": "{}"}]}'
STEP = "INSERT INTO steps (id, run_id, name, value, ref, created_at) VALUES (?, ?, ?, ?, NULL, 1)"


def test_the_worst_first_each_with_its_cure_and_link():
    """Failures by reason, however they were worded; a question by the post that asks; a model that ends."""
    now = time.time()
    with store() as tx:
        run = asked(tx, "1")
        claimed(tx)
        question = approvals.settle(tx, run, "call_1", "U1", now, 120)
        for name, value in (("round:0", ROUND), (f"ask:{question.id}", '{"id": "9.9"}')):
            tx.execute(STEP, (f"step_{name}", run, name, value))
        for id, error in (("2", "model_idle"), ("3", "model_idle: 60"), ("4", "billing")):
            failed = asked(tx, id, user="U2")
            tx.execute("UPDATE runs SET status = 'failed', error = ? WHERE id = ?", (error, failed))
        model = "gpt-4o-mini"
        tx.execute("UPDATE assistants SET body = json_set(body, '$.model', ?), model = ?", (model, model))
        of = (
            Span(View(None), 0.0, now + 86400 * 365, 24),
            Settings(),
            [2],
            [{"what": "The disk is full.", "cure": "Make room.", "language": "en"}],
        )
        told = attention(tx, *of, "en")
        korean = attention(tx, *of, "ko")
        assistants.create(tx, {"name": "Other", "model": model}, 2.0)
        two = attention(tx, *of, "en")
    levels = [one["level"] for one in told]
    lost, disk, often, once, waits, ends = told
    assert ["bad"] * 4 + ["wait"] * 2 == levels == [one["level"] for one in korean]
    assert ("The disk is full.", "Make room.", "/health") == (disk["message"], disk["cure"], disk["link"])
    assert "answer: 1" in lost["message"]
    assert "failed: 2. The model server did not" in often["message"]
    assert f"/runs/{failed}" == once["link"]
    assert "U1 was asked to confirm pay." in waits["message"]
    assert (("fake", "W1", "C1", "T1"), "9.9") == waits["post"]
    assert "gpt-4o-mini ends on 2027-01-14; Spool uses it." == ends["message"]
    assert [*told[:-1], ends | {"message": "gpt-4o-mini ends on 2027-01-14; Spool and 1 more use it."}] == two
    assert ("/assistants/asst_settings", True) == (ends["link"], "gpt-6-luna" in ends["cure"])
    assert "실패한 실행 2건." in korean[2]["message"]
    assert ["ko", "en", "ko"] == [one["language"] for one in korean[:3]]
