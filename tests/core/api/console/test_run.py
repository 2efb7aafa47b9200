"""A run with all that may happen to one, as the page tells it: its line of time against the ledger."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from core.api.console.looks import Looks
from core.api.key import Key
from core.runs.run_context import Limits
from core.store.reading import Reading
from standins.script.script import Beat, Call, Fault, Say, outputs
from tests.core.fakes import TIMEOUT
from tests.core.runs.asking import Post, question
from tests.core.served import assistant, reborn, served, tools, until
from tests.core.whole import Core, rules

ADMIN = Key("", "mina", "", admin=True)
SUMS = "SELECT COUNT(*), SUM(input), SUM(output), SUM(price_usd) FROM usage WHERE run_id = ?"


class Eventful:
    """Fails once, asks for a letter, and hangs at the first try to tell of it."""

    def __init__(self) -> None:
        self.asked, self.hanging = Counter[str](), False

    def play(self, instructions: str, items: Sequence[Any], tools: Sequence[Any] = ()) -> Iterable[Beat]:
        """See `standins.script.script.Script`."""
        if instructions.startswith("You write the memory"):
            return [Say("Letters were sent.")]
        if "letter" not in str(items[-4:]):
            return [Say("Fine.")]
        sent = "sent" if outputs(items) else "asked"
        self.asked[sent] += 1
        if self.asked[sent] == 1 and sent == "asked":
            return [Fault("refuse", status=500)]
        self.hanging = sent == "sent" and self.asked[sent] == 1
        last = [Fault("hang")] if self.hanging else [Say(" It is sent. " + "word " * 900)]
        return [Say("Done."), *last] if sent == "sent" else [Call("send", {"to": "bob"}, id="call_bob")]


async def test_the_line_of_time_adds_up_to_the_ledger(tmp_path: Path):
    script, post = Eventful(), Post()
    one = assistant(tools=tools("def:send"), truncation_strategy={"type": "summary"})
    made: dict[str, Any] = {"assistant": one, "toolbox": post.toolbox(), "policy": rules(budget=900)}
    limits = Limits(idle=TIMEOUT, run=TIMEOUT, approval=60)
    async with served(tmp_path, script, limits=limits, **made) as (spool, _):
        for number in range(3):
            await spool.ask(f"{number}", "plain " + "words " * 250)
        await spool.say("9", "a letter to bob, please")
        await spool.inbox.decide((await question(spool)).id, "U1", True)
        await until(lambda: hangs(script))
        await reborn(spool)
        await spool.memory.finish()
        ((run,),) = await spool.rows("SELECT run_id FROM messages WHERE platform_id = '9'")
        (sums,) = await spool.rows(SUMS, run)
        kinds = await spool.rows("SELECT DISTINCT kind, run_id FROM usage")
        told = await seen(spool, tmp_path, run)

    requests = [line for line in told["timeline"] if line["kind"] in ("model", "summary")]
    names = ("input", "output", "cost_usd")
    assert sums == (len(requests), *(sum(one[name] or 0 for one in requests) for name in names))
    assert sums == (told["requests"], *(told[name] for name in names))
    assert ["refused", "completed", "unknown", "completed"] == [
        one["outcome"] for one in requests if one["kind"] == "model"
    ]
    assert ("summary", None) in kinds  # of its thread, which has the cost: no run waits for one
    ends = {one["kind"]: one["outcome"] for one in told["timeline"]}
    assert ("approved", "once", ["bob"]) == (ends["person"], ends["tool"], post.sent)
    assert (1, 1, 2, None) == (len(told["deaths"]), told["takeovers"], told["attempts"], told["why"])


async def hangs(script: Eventful) -> bool:
    return script.hanging


async def seen(spool: Core, directory: Path, run: str) -> Any:
    with contextlib.closing(Reading(directory / "spool.sqlite3")) as reading:
        return await Looks(spool.db, reading).run(ADMIN, run, "en")
