"""The ledger against the bill of the stand-in, request by request."""

from __future__ import annotations

import asyncio
import itertools
import os
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from core.policy.budget import Money
from core.policy.prices import Prices
from core.tools import Toolbox
from standins.openai import OpenAIStandin
from standins.script.script import Beat, Call, Fault, Hosted, Reason, Say, text_of
from tests import samples
from tests.core.served import assistant, reborn, sent, served, tools, until
from tests.core.whole import Core, rules

RUNS = int(os.environ.get("BILL_RUNS", "30"))
"""`BILL_RUNS=200 scripts/test tests/core/policy/test_bill.py` takes a minute."""
AT_ONCE = 6
WORK = (
    "plain",
    "long",
    "tool",
    "tools",
    "picture",
    "voice",
    "short",
    "refused",
    "cut",
    "failed",
    "failed-told",
)
KILLED = ("killed", "killed-summary")
CALM = {"refused": Fault("refuse", status=500), "cut": Fault("cut"), "failed": Fault("error")}
CALM["failed-told"] = Fault("failed")


class Busy:
    """Does what the question asks for; the first attempt of some goes wrong."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.hang = ""
        self.hanging = 0

    def play(self, instructions: str, items: Sequence[Any], tools: Sequence[Any] = ()) -> Iterable[Beat]:
        """See `standins.script.script.Script`."""
        if instructions.startswith("You write the memory"):
            return self._summary()
        question = next(text_of(item) for item in reversed(items) if item.get("role") == "user")
        self.asked[question] += 1
        return self._answer(question, self.asked[question], items)

    def _summary(self) -> Iterable[Beat]:
        self.asked["summary"] += 1
        if self.hang == "summary":
            self.hang = ""
            yield from self._stuck()
        if self.asked["summary"] % 5 == 2:
            yield Fault("refuse", status=503)
        yield Say("They talk.")

    def _stuck(self) -> Iterable[Beat]:
        yield Say("half")
        self.hanging += 1
        yield Fault("hang")

    def _answer(self, question: str, attempt: int, items: Sequence[Any]) -> Iterable[Beat]:
        kind = question.split()[0]
        if kind in CALM and attempt == 1:
            yield from () if kind == "refused" else (Say("half"),)
            yield CALM[kind]
        if kind == "killed" and attempt == 1:
            yield from self._stuck()
        yield Reason("Let me think")
        rounds = {"tool": 1, "tools": 3}.get(kind, 0)
        if items[-1].get("type") == "function_call_output":
            rounds = rounds - attempt + 1
        if rounds > 0:
            yield from (Call("look", {"place": f"{question} {attempt}"}) for _ in range(2))
            return
        if kind == "picture":
            yield Hosted("image_generation_call")
        yield Say("So it is. " * (5 if kind != "short" else 1))
        if kind == "short":
            yield Fault("incomplete", "max_output_tokens")


class Bill:
    """What was done for money: one line for each request that is on both sides in the same words."""

    def __init__(self, api: OpenAIStandin, rows: Sequence[dict[str, Any]]) -> None:
        kinds = {"answer": "response", "summary": "response", "embedding": "indexing"}
        known = [row for row in rows if row["outcome"] not in ("unknown", "refused", "cancelled")]
        told = [one for one in api.bill if one.told]
        tokens = ("input", "cached", "output", "reasoning")
        ours = [
            (kinds.get(row["kind"], row["kind"]), row["served_model"] or row["model"], row["units"])
            for row in known
        ]
        counts = [tuple(row[name] for name in tokens) for row in known]
        self.ours = Counter((*what, *used) for what, used in zip(ours, counts, strict=True))
        self.theirs = Counter(
            (one.kind, one.model, one.units, one.input, one.cached, one.output, one.reasoning) for one in told
        )
        self.refused = [
            sum(row["outcome"] == "refused" for row in rows),
            sum(bool(one.refused) for one in api.bill),
        ]
        lost = [one for one in api.bill if not one.told and not one.refused]
        self.lost = [sum(row["outcome"] in ("unknown", "cancelled") for row in rows), len(lost)]


async def ledger(spool: Core) -> list[dict[str, Any]]:
    """All rows."""
    names = [name for _, name, *_ in await spool.rows("PRAGMA table_info(usage)")]
    return [
        dict(zip(names, row, strict=True)) for row in await spool.rows("SELECT * FROM usage ORDER BY seq")
    ]


async def killed(spool: Core, script: Busy, kind: str, numbers: Iterator[int], user: str) -> None:
    """A process dies over this question, or over the summary after it."""
    before = script.hanging
    if kind == "killed-summary":
        script.hang = "summary"
        while script.hang:
            number = next(numbers)
            await spool.ask(str(number), f"plain {number} " + "words " * 250, user=user)
            await asyncio.sleep(0.05)
    else:
        number = next(numbers)
        await spool.say(str(number), f"{kind} {number}", user=user)
    await until(lambda: _true(script.hanging > before))
    await reborn(spool)
    await spool.memory.finish()


async def _true(holds: bool) -> bool:
    return holds


async def test_the_ledger_adds_up_to_the_bill(tmp_path: Path) -> None:
    """Tools, summaries, voice, pictures, retries and deaths: nothing is missing, nothing is there twice."""
    script, numbers = Busy(), itertools.count(1)
    kinds = itertools.cycle(random.Random(7).sample(WORK, len(WORK)))

    def look(place: str) -> str:
        """Look there."""
        return f"nothing in {place}"

    one = assistant(
        instructions="Be kind. " * 500,  # what is said again and again comes from the server's cache
        tools=tools("image_generation", "def:look"),
        truncation_strategy={"type": "summary"},
        max_model_calls=9,
    )
    own = {"gpt-6-luna": {"image": 0.04}, "gpt-transcribe": {"minute": 0.01, "input": 1.0, "output": 1.0}}
    made: dict[str, Any] = {"assistant": one, "toolbox": Toolbox.of(look), "policy": rules(budget=900)}
    made |= {"money": Money(month=100.0), "prices": Prices(own)}
    async with served(tmp_path, script, **made) as (spool, api):
        for batch in range(RUNS // (AT_ONCE + 1) + 1):
            for place in range(AT_ONCE):
                number, kind = next(numbers), next(kinds)
                files = sent(spool, v_ogg=samples.ogg()) if kind == "voice" else {}
                words = f"{kind} {number} " + "words " * 250 * (kind == "long")
                await spool.say(str(number), words, user=f"U{place}", **files)
            await spool.idle()
            await spool.memory.finish()
            await killed(spool, script, KILLED[batch % 2], numbers, f"U{batch % AT_ONCE}")
        rows = await ledger(spool)
        bill = Bill(api, rows)
        ended = await spool.rows("SELECT status, COUNT(*) FROM runs GROUP BY status")
        kept = await spool.rows("SELECT live, COUNT(*) FROM reservations GROUP BY live")

    assert bill.theirs == bill.ours
    assert (bill.refused[1], bill.lost[1]) == (bill.refused[0], bill.lost[0])
    untold = [row for row in rows if row["price_usd"] is None and row["outcome"] != "refused"]
    assert [(0, len(untold))] == kept, "what is kept for each other request was let go of"
    assert {"completed", "incomplete"} >= {status for status, _ in ended}
    assert {"answer", "summary", "transcription", "image"} <= {row["kind"] for row in rows}
    assert all(row["price_usd"] for row in rows if row["input"])
    assert any(row["cached"] for row in rows)
