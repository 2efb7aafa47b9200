"""core.runs.tool_calls: whatever a call comes to is a result that the model can read, and the run goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.runs.run_context import Limits
from core.tools import FileResult, Toolbox
from standins.script.script import Call, Fault, outputs
from tests.core.fakes import TIMEOUT, Heard
from tests.core.served import again, assistant, given, killed, recorded, said, stored, tools
from tests.core.whole import core
from tests.logged import lines, logged

LIMITS = Limits(idle=TIMEOUT, run=TIMEOUT, tool=0.1)


def double(number: int) -> int:
    """Twice as much."""
    return number * 2


async def forever() -> str:
    """Never done."""
    await asyncio.Event().wait()
    raise AssertionError("nobody sets it")


def broken() -> str:
    """Always fails."""
    raise LookupError("the shelf is empty")


def endless() -> str:
    """Too much."""
    return "many words " * 10_000


BOX = Toolbox.of(double, forever, broken, endless)


async def told(directory: Path, *calls: Call, **more: Any) -> tuple[dict[str, str], Any]:
    """What the model reads of its calls, and the platform that showed the run."""
    script = Heard([*calls], "So be it.")
    settings: dict[str, Any] = {"toolbox": BOX, "limits": LIMITS, **more}
    async with core(directory, script, **settings) as spool:
        await spool.ask("1", "Do it")
        assert ["So be it."] == spool.platform.answers
        assert [("completed", None)] == await spool.outcomes()
    return outputs(given(script.requests)), spool.platform


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (Call("gone"), ["gone"]),
        (Call("double", "{broken"), ["JSON"]),
        (Call("double", '["no object"]'), ["object"]),
        (Call("double", {"number": "many"}), ["number"]),
        (Call("double", {}), ["number"]),
        (Call("double", {"number": 1, "sign": "-"}), ["sign"]),
        (Call("forever"), ["0.1 seconds"]),
        (Call("broken"), ["the shelf is empty"]),
    ],
    ids=["unknown", "no-json", "no-object", "wrong-type", "missing", "too-many", "time-out", "exception"],
)
async def test_a_call_that_fails_is_a_result(tmp_path, call, words):
    """The model learns why, without a trace of our code; the run is completed."""
    results, platform = await told(tmp_path, call)
    (result,) = results.values()
    assert result.startswith("error")
    assert all(word in result for word in words)
    assert "Traceback" not in result
    assert platform.replies[0].tasks[-1][0][1] in ("error", "complete")


async def test_a_long_result_is_cut_and_says_so(tmp_path):
    """At most 20,000 characters."""
    results, _ = await told(tmp_path, Call("endless"))
    (result,) = results.values()
    assert 15_000 < len(result) <= 20_000
    assert "cut" in result[-300:]


async def test_what_is_done_is_shown_while_it_is(tmp_path):
    """Each call by the name of its tool; how it ended is shown, too."""
    _, platform = await told(tmp_path, Call("double", {"number": 2}), Call("broken"))
    seen = platform.replies[0].tasks
    assert (("Using double", "in_progress"), ("Using broken", "in_progress")) in seen
    assert (("Using double", "complete"), ("Using broken", "error")) == seen[-1]


async def test_secrets_do_not_get_into_results(tmp_path):
    """Values of the settings are blotted out wherever a tool got them from."""

    def leak() -> str:
        """Tells too much."""
        return "the key is hunter2hunter2"

    async with core(tmp_path, Heard(Call("leak"), "Well."), toolbox=Toolbox.of(leak)) as spool:
        object.__setattr__(spool.rules, "secrets", ("hunter2hunter2",))
        await spool.ask("1")
        assert "hunter2" not in said(await stored(spool))
    assert "hunter2" not in said(given(spool.script.requests))
    assert "the key is" in said(given(spool.script.requests))


async def test_the_default_assistant_has_every_function(tmp_path):
    """All that were found are offered, as strict functions."""
    async with core(tmp_path, Heard(), toolbox=BOX) as spool:
        await spool.ask("1")
    (offered,) = spool.script.tools
    assert ["broken", "double", "endless", "forever"] == sorted(tool["name"] for tool in offered)
    assert all(tool["type"] == "function" and tool["strict"] for tool in offered)


@pytest.mark.promise("T1")
async def test_others_have_only_the_functions_they_name(tmp_path):
    """A call of another one is refused as if there were none of that name, and never carried out; the log
    tells of each.
    """
    done = []

    def secret() -> str:
        """Not for everybody."""
        done.append(1)
        return "42"

    script = Heard([Call("secret", id="call_s"), Call("double", {"number": 2}, id="call_d")], "Four.")
    who = assistant(tools=tools("def:double"))
    box = Toolbox.of(double, secret)
    with logged() as stream:
        async with core(tmp_path, script, toolbox=box, assistant=who) as spool:
            await spool.ask("1")
            assert ["Four."] == spool.platform.answers
    told = {line["tool"]: line["ok"] for line in lines(stream) if line["message"] == "tool called"}
    assert {"double": True, "secret": False} == told
    assert ["double"] == [tool["name"] for tool in script.tools[0]]
    results = outputs(given(script.requests))
    assert ("4", []) == (results["call_d"], done)
    assert results["call_s"].startswith("error")


async def test_a_function_that_is_not_there_is_named(tmp_path):
    """The assistant wants one that nobody wrote: the person reads which, the others work."""
    who = assistant(tools=tools("def:double", "def:triple"))
    async with core(tmp_path, Heard(), toolbox=BOX, assistant=who) as spool:
        await spool.ask("1", "Hi")
        (answer,) = spool.platform.answers
    assert answer is not None
    assert answer.startswith("echo: Hi")
    assert "`triple`" in answer
    assert "`double`" not in answer


async def test_files_of_a_tool_are_posted_once(tmp_path):
    """They stand at the answer, also when the process dies between the tool and the answer."""
    made = []

    def chart() -> list[Any]:
        """A file."""
        made.append(1)
        return ["here", FileResult("chart.csv", "a,b\n1,2\n")]

    script = Heard(Call("chart", id="call_c"), Fault("hang"), "Here it is.")
    async with core(tmp_path, script, toolbox=Toolbox.of(chart)) as spool:
        await spool.say("1", "Chart!")
        await script.until(2)
        await killed(spool)
        assert {} == spool.platform.attached
        await again(spool)
        await spool.idle()
        files = [(file.name, file.type, file.content) for file in spool.platform.attached.values()]
        assert [("chart.csv", "text/csv", b"a,b\n1,2\n")] == files
        assert [(None,)] == await spool.rows("SELECT content FROM files")
    assert [1] == made
    assert "chart.csv" in said(given(script.requests))


async def test_a_call_that_died_before_its_file_was_stored(tmp_path):
    """The tool only reads: it is called again, and there is one file."""
    runs = []
    gate = asyncio.Event()

    async def chart() -> FileResult:
        """A file, after a while."""
        runs.append(1)
        await gate.wait()
        return FileResult("chart.csv", "a,b")

    async with core(tmp_path, Heard(Call("chart"), "Here."), toolbox=Toolbox.of(chart)) as spool:
        await spool.say("1")
        await recorded(spool, "round:0")
        await killed(spool)
        gate.set()
        await again(spool)
        await spool.idle()
        assert ["chart.csv"] == [file.name for file in spool.platform.attached.values()]
        assert "Here." == spool.platform.answers[-1]


@pytest.mark.parametrize("seconds", [0.05, None])
async def test_a_tool_may_have_a_limit_of_its_own(tmp_path, seconds):
    """Else the one of the settings counts."""
    slow: Callable[..., Any] = forever
    results, _ = await told(tmp_path, Call("forever"), toolbox=Toolbox.of(slow, seconds=seconds))
    (result,) = results.values()
    assert f"{seconds or 0.1:g} seconds" in result


async def test_more_calls_than_hands(tmp_path):
    """However many calls one response has, each has its result."""
    calls = [Call("double", {"number": number}, id=f"call_{number}") for number in range(40)]
    results, _ = await told(tmp_path, *calls)
    assert {f"call_{number}": str(number * 2) for number in range(40)} == results
