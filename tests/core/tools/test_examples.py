"""core.tools.examples and docs/tools.md: each works as it is copied and does no harm."""

from __future__ import annotations

import json
import re
import textwrap
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.settings import Settings
from core.tools import Toolbox, arguments, execute, load, output
from core.tools.examples.calculator import calculate
from core.tools.examples.clock import current_time
from core.tools.function import AT_ONCE
from standins.openai.tools import check_tools
from tests.core.tools.folder import placed

GUIDE = Path(__file__).parents[3] / "docs" / "tools.md"


@pytest.mark.parametrize("name", ["clock", "calculator", "http_get"])
def test_examples_are_tools_the_service_takes(name, tmp_path):
    """Copied, unchanged: described in full, none of them asks first."""
    box = placed(tmp_path / "tools", name)
    check_tools(list(box.specs()))
    (tool,) = box
    assert tool.description
    assert not tool.confirm
    assert all(part["description"] for part in tool.parameters["properties"].values())


async def test_the_clock_knows_time_zones(tmp_path):
    """The named one, with its offset; the operator's, where none is named."""
    before = datetime.now(UTC).replace(microsecond=0)
    text = current_time("Asia/Seoul")
    after = datetime.now(UTC)
    assert text.endswith(" KST (UTC+0900), time zone Asia/Seoul")
    shown = datetime.strptime(text.split(" KST ")[0] + " +0900", "%A, %Y-%m-%d %H:%M:%S %z")
    assert before <= shown <= after
    box = placed(tmp_path / "tools", "clock", ZONE='"America/New_York"')
    result = await execute(box.get("current_time"), "current_time", '{"zone": null}', seconds=5)
    assert result.output.endswith("time zone America/New_York")


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("Seoul", "Asia/Seoul"),
        ("Europe/Berlim", "Europe/Berlin"),
        ("new york", "America/New_York"),
        ("Asia", "no time zone “Asia”"),
        ("../../../etc/passwd", "no time zone"),
        ("/etc/passwd", "no time zone"),
        ("x" * 500, "Asia/Seoul"),
    ],
)
def test_the_clock_says_what_comes_near(zone, words):
    """So that the model's next call is right."""
    with pytest.raises(ValueError, match=words) as caught:
        current_time(zone)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1 + 2 * 3", "7"),
        ("(1 + 2) * 3", "9"),
        ("0.1 + 0.2", "0.3"),
        ("-7 // 2", "-4"),
        ("7 % 3", "1"),
        ("2 ** 100", "1267650600228229401496703205376"),
        ("2 ** -1", "0.5"),
        ("10 / 4", "2.5"),
        ("sqrt(2) * max(1, 2)", "2.82842712474619"),
        ("round(2.567, 1) + floor(-1.5)", "0.6"),
        ("sin(pi / 2) + log(e)", "2"),
        (" +5 ", "5"),
        ("1_000 * 1e3", "1000000"),
    ],
)
def test_the_calculator_calculates(expression, value):
    """Whole numbers exactly, others without the noise of binary fractions."""
    assert calculate(expression) == value


LONG_BUT_RIGHT = ("-" * 499 + "1", "1+" * 249 + "1")


@pytest.mark.parametrize(
    "expression",
    [
        *("9**9**9", "9**9**9**9", "10**10000000 - 10**10000000", "(2**4000)**4000", "(2**4000) * (2**4000)"),
        *("round(5, -10**9)", "round(5.5, 10**9)", "exp(10**6)", "1e308 * 10", "2.0 ** 1e6", "10**400 / 3"),
        *("floor(1e400)", "(" * 250 + "1" + ")" * 250, *LONG_BUT_RIGHT, "9" * 501, "1 / 0", "(-8) ** 0.5"),
        *(
            "sqrt(-1)",
            "2 ^ 3",
            "1 +",
            "",
            "x",
            "True",
            "'a' * 9",
            "[1] * 9",
            "(1).__class__",
            "sqrt.__self__",
        ),
        *("__import__('os').system('true')", "max(1, key=abs)", "lambda: 1", "1 if 1 else 2", "1; 2"),
        *("max(*[1])", "1 << 10**9", "\x00"),
    ],
)
async def test_the_calculator_cannot_be_misled(expression):
    """Nothing takes long, nothing but arithmetic is understood, and each end is a readable text."""
    box, arguments = Toolbox.of(calculate), json.dumps({"expression": expression})
    started = time.monotonic()
    result = await execute(box.get("calculate"), "calculate", arguments, seconds=5)
    assert time.monotonic() - started < 2
    assert result.ok is (expression in LONG_BUT_RIGHT)
    assert result.ok or re.match(r"error: (ValueError|ZeroDivisionError|TypeError): .", result.output)


BLOCKS = re.findall(r"^( *)```python\n(.*?)^\1```$", GUIDE.read_text("utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_the_guide_tells_the_truth(number, tmp_path, capsys):
    """Every example of docs/tools.md is loaded without a problem, and what it asserts holds."""
    folder = tmp_path / "tools"
    folder.mkdir(mode=0o700)
    (folder / "block.py").write_text(textwrap.dedent(BLOCKS[number][1]), "utf-8")
    (folder / "block.py").chmod(0o600)
    box = load(folder, seconds=1)
    assert (len(box), box.problems) == (1, ())
    check_tools(list(box.specs()))


def test_the_limits_of_the_guide_are_those_of_the_code():
    """The numbers of the table."""
    table = GUIDE.read_text("utf-8").split("## Limits")[1].split("##")[0]
    for value in (output.LONGEST, arguments.LONGEST_ARGUMENTS, output.MOST_FILES, AT_ONCE):
        assert f"{value:,}" in table
    assert f"{output.MOST_BYTES // 1024**2} MiB" in table
    assert f"TOOL_SECONDS` ({Settings().tool_seconds})" in table
