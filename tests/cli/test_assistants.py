"""`spool assistants`: what an operator types, what it prints, and what is in the database then."""

from __future__ import annotations

import argparse
import asyncio
import importlib
import io
import json
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest

from bots.cli.assistants import add, run
from bots.cli.assistants.sentences import SENTENCES, sentence
from core.assistants.of_settings import settings_assistant
from core.assistants.remarks import Kind, Remark
from core.errors import ConfigError
from core.settings import Settings
from core.store import assistants
from core.store.data_dir import only_runner
from core.store.database import Database
from core.types import FEEDBACK, SETTINGS_ID, Assistant
from standins.openai import OpenAIStandin
from standins.script.script import Scenario
from tests.commands import ROOT, ran

PRINTED = ROOT / "tests" / "events" / "assistants"
TOOL = '''from core.tools import tool
print("a line that must not get into the output")
@tool
def get_rain_probability(location: str) -> str:
    """How likely it rains there."""
    return "0"
'''


class Operator:
    """Somebody at a terminal who types `assistants …`."""

    def __init__(self, settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
        self.settings, self._capsys = settings, capsys
        self.told = ""
        """What the last command wrote to stderr."""

    def types(self, *arguments: str) -> str:
        """What the command prints. Raises ConfigError with what it refuses."""
        parser = argparse.ArgumentParser()
        add(parser.add_subparsers())
        self._capsys.readouterr()
        try:
            assert not run(parser.parse_args(["assistants", *arguments]), self.settings)
        finally:
            printed, self.told = self._capsys.readouterr()
        return printed

    def writes(self, tool: str) -> None:
        folder = self.settings.tools_directory
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / f"{tool}.py").touch(0o600)
        (folder / f"{tool}.py").write_text(TOOL.replace("get_rain_probability", tool))

    def gets(self, *arguments: str) -> Any:
        return json.loads(self.types(*arguments, "--json"))

    def fails(self, *arguments: str) -> tuple[str, ...]:
        """Everything the command refuses; nothing is printed then."""
        with pytest.raises(ConfigError) as refused:
            self.types(*arguments)
        return refused.value.problems

    def creates(self, *arguments: str, name: str = "HelpBot") -> str:
        id: str = self.gets("create", "--name", name, *arguments)["id"]
        return id


@pytest.fixture
def operator(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Operator:
    """An operator without a key: no server is asked for anything."""
    return Operator(Settings(data_dir=tmp_path / "data", mcp_hosts=("mcp.example.com",)), capsys)


@pytest.fixture
def _settled(operator: Operator) -> None:
    """The bot ran here: the settings' assistant exists."""
    operator.types("list")
    db = Database(operator.settings.data_dir / "spool.sqlite3")

    async def settle() -> Assistant:
        return await db(lambda tx: assistants.settle(tx, settings_assistant(operator.settings), 1.0))

    asyncio.run(settle())
    db.close()


def test_helpbot_is_one_command(operator):
    said = ("--instructions", "You help.", "--model", "gpt-6-luna", "--tool", "code_interpreter")
    printed = operator.types("create", "--name", "HelpBot", *said)

    assert "was not checked" in operator.told
    shown = operator.gets("show", "HelpBot")
    assert printed.splitlines() == [
        f"Created HelpBot ({shown['id']}), version 1.",
        "model: gpt-6-luna, tools: code_interpreter",
        f"answers: nowhere yet (assign it: spool assistants use {shown['id']} --default)",
        f"everything about it: spool assistants show {shown['id']}",
    ]
    assert ("You help.", 1) == (shown["instructions"], shown["version"])


def test_every_option_is_a_field(operator, tmp_path):
    (tmp_path / "told.md").write_text("Be kind.\n친절하게.\n", "utf-8")
    operator.writes("get_rain_probability")
    made = operator.gets(
        *("create", "--name", " Ada ", "--description", "d", "--instructions", f"@{tmp_path / 'told.md'}"),
        *("--model", "gpt-6.1-terra", "--effort", "high", "--temperature", "0.5", "--top-p", "1"),
        *("--tool", "file-search", "--tool", "all", "--tool", "mcp:docs=https://mcp.example.com/sse"),
        *("--tool", "get_rain_probability", "--tool-choice", "get_rain_probability"),
        *("--response-format", "json_object", "--truncation", "last_messages:4", "--metadata", "a=b=c"),
        *("--no-parallel-tool-calls", "--max-model-calls", "3", "--run-seconds", "60"),
        *("--audience", "slack:U1, admins"),
    )

    assert {
        "name": "Ada",
        "description": "d",
        "instructions": "Be kind.\n친절하게.",
        "model": "gpt-6.1-terra",
        "reasoning_effort": "high",
        "temperature": 0.5,
        "top_p": 1.0,
        "response_format": {"type": "json_object"},
        "truncation_strategy": {"type": "last_messages", "last_messages": 4},
        "metadata": {"a": "b=c"},
        "tool_choice": {"type": "function", "function": {"name": "get_rain_probability"}},
        "parallel_tool_calls": False,
        "max_model_calls": 3,
        "run_seconds": 60,
        "audience": ["slack:U1", "admins"],
    }.items() <= made.items()
    assert [
        {"type": "file_search"},
        {"type": "function", "function": {"name": "*"}},
        {
            "type": "mcp",
            "server_label": "docs",
            "server_url": "https://mcp.example.com/sse",
            "require_approval": "always",
        },
        {"type": "function", "function": {"name": "get_rain_probability"}},
    ] == made["tools"]


def test_instructions_come_from_standard_input(operator, monkeypatch):
    """With a dash; two at signs are one that is meant."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("Be kind.\n"))

    made = operator.gets("create", "--name", "Ada", "--instructions", "-")

    assert "Be kind." == made["instructions"]
    assert "@here" == operator.gets("update", "Ada", "--instructions", "@@here")["instructions"]


def test_all_mistakes_are_told_at_once(operator):
    problems = operator.fails(
        *("create", "--model", "gpt-4-turbo", "--temperature", "warm", "--top-p", "7"),
        *("--instructions", "@missing.md", "--tool", "mcp:x=https://evil.example/", "--tool", "mcp:x"),
        *("--metadata", "a", "--response-format", "xml", "--truncation", "auto:x", "--run-seconds", "1.5"),
    )

    expected = (
        *("--temperature warm", "top_p 7", "missing.md", "MCP_HOSTS", "mcp:LABEL=https", "KEY=VALUE", "xml"),
    )
    others = ("auto:x", "--run-seconds 1.5", "needs a name", "retired on 2026-10-23")
    assert [1] * 11 == [sum(said in problem for problem in problems) for said in (*expected, *others)]
    assert 11 == len(problems)
    assert [] == operator.gets("list")["data"]


def test_an_update_changes_what_it_names(operator):
    operator.writes("f")
    given = ("--tool", "web_search", "--tool", "f", "--metadata", "a=1", "--metadata", "b=2")
    operator.creates("--instructions", "Be kind.", *given)

    changed = operator.gets(
        *("update", "helpbot", "--model", "gpt-6.1-terra", "--tool", "all", "--remove-tool", "f"),
        *("--metadata", "a=", "--metadata", "b=3", "--feedback", "on"),
    )

    assert ("Be kind.", "gpt-6.1-terra", 2) == (changed["instructions"], changed["model"], changed["version"])
    assert ["web_search", "function"] == [tool["type"] for tool in changed["tools"]]
    assert {"b": "3", FEEDBACK: "1"} == changed["metadata"]
    assert {"b": "3"} == operator.gets("update", "helpbot", "--feedback", "settings")["metadata"]


def test_fields_are_cleared(operator):
    operator.creates(
        "--model", "gpt-6.1-terra", "--temperature", "1", "--tool", "web_search", "--metadata", "a=1"
    )
    names = ("model", "temperature", "tools", "metadata")
    clear = [word for name in names for word in ("--clear", name)]

    changed = operator.gets("update", "HelpBot", *clear, "--tool", "code_interpreter")

    assert ["gpt-6-luna", None, [{"type": "code_interpreter"}], {}] == [changed[name] for name in names]
    assert "Nothing to change in HelpBot" in operator.types("update", "HelpBot", "--clear", "temperature")


def test_an_update_of_nothing_is_refused(operator):
    operator.creates("--tool", "web_search")

    (nothing,) = operator.fails("update", "HelpBot")
    clear, remove = operator.fails("update", "HelpBot", "--clear", "id", "--remove-tool", "f")

    assert "Nothing is to be changed" in nothing
    assert "--clear id is not known" in clear
    assert "It has: web_search." in remove


def test_every_remark_has_its_sentence():
    names = ("effort", "given", "id", "label", "meant", "model", "name", "reason", "text", "tool", "tools")

    assert set(SENTENCES) == set(get_args(Kind))
    for kind in SENTENCES:
        said = sentence(Remark(kind, dict.fromkeys(names, "X")), Settings(), "./spool")
        assert not re.search("[{}]", said), kind
        assert SENTENCES[kind].split("{")[0] in said


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("stok", "Did you mean stock? docs/tools.md shows"),
        ("http_get", "Copy it: spool tools add http_get"),
        ("nosuch", "docs/tools.md shows in five minutes how to write it"),
    ],
)
def test_a_function_without_code_is_refused(operator, name, said):
    """With the nearest there is and the way to get it; what the files of functions print is no output."""
    operator.writes("stock")
    assert "function" == operator.gets("create", "--name", "Bob", "--tool", "stock")["tools"][0]["type"]

    (problem,) = operator.fails("create", "--name", "Ada", "--tool", name)

    assert problem.startswith(f"There is no function {name} in {operator.settings.tools_directory}.")
    assert said in problem


@pytest.mark.usefixtures("_settled")
@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["show", "Nobody"], "There is no assistant “Nobody”. `spool assistants list` shows all."),
        (["show", "Ada"], "Several assistants are called “Ada”. Say which by its id: asst_1, asst_2."),
        (["delete", SETTINGS_ID], f"{SETTINGS_ID} is what the ASSISTANT_* settings say. Change those"),
        (["create", "--name", "Ada"], "or change that one: spool assistants update asst_1 …"),
        (["create", "--name", "Assistant"], "or change ASSISTANT_NAME"),
    ],
)
def test_a_refusal_says_what_to_do(operator, tmp_path, typed, said):
    two = [{"id": f"asst_{number}", "name": "Ada", "model": "m"} for number in (1, 2)]
    (tmp_path / "two.json").write_text(json.dumps(two))
    operator.types("import", str(tmp_path / "two.json"))
    assert "warning: Another assistant is called Ada too. Say which by its id: asst_1." in operator.told

    (problem,) = operator.fails(*typed)

    assert said in problem


def test_long_instructions_are_cut(operator, tmp_path):
    (tmp_path / "long.md").write_text("\n".join(f"Rule {number}." for number in range(500)))
    made = operator.types("create", "--name", "Ada", "--instructions", f"@{tmp_path / 'long.md'}")

    cut, whole = operator.types("show", "Ada"), operator.types("show", "Ada", "--full")
    assert ("Rule" in made, "Rule 5. …" in cut, "Rule 6." in cut, "Rule 499." in whole) == (
        *(False, True, False, True),
    )
    assert f"({len((tmp_path / 'long.md').read_text()):,} characters; --full shows all)" in cut
    operator.types("update", "Ada", "--instructions", "x" * 1000)
    assert f"{'x' * 400} …\n" in operator.types("show", "Ada")


def test_the_page_names_options_that_exist():
    """Every option of docs/assistants.md is one of some action."""
    parser = argparse.ArgumentParser()
    add(commands := parser.add_subparsers())
    (actions,) = (action for action in commands.choices["assistants"]._actions if action.choices)
    known = {
        option for made in dict(actions.choices or {}).values() for option in made._option_string_actions
    }

    named = set(re.findall(r"`(?:[^`\n]* )?(--[a-z-]+)", (ROOT / "docs/assistants.md").read_text("utf-8")))

    assert len(named) > 15
    assert named <= known


def test_an_empty_list_shows_the_way(operator):
    assert "assistants create --name HelpBot" in operator.types("list")
    assert {"object": "list", "data": []} == operator.gets("list")


@pytest.mark.usefixtures("_settled")
def test_a_list_is_a_table(operator):
    """With columns under each other, also where letters take two columns; nothing is left blank."""
    assert "every channel without its own assistant" in operator.types("show", SETTINGS_ID)
    operator.creates("--tool", "web_search", "--tool", "all", name="도우미")
    operator.creates(name="Ada")
    operator.types("use", "도우미", "--slack", "C0123ABC", "--default")

    head, settled, *others = operator.types("list").splitlines()
    ada, made = sorted(others, key=lambda line: "도우미" in line)

    assert ["ID", "NAME", "MODEL", "TOOLS", "ANSWERS"] == head.split()
    assert settled.startswith(f"{SETTINGS_ID} ")
    assert settled.endswith("  all functions              nowhere yet")
    assert made.endswith("web_search, all functions  Slack C0123ABC, every channel without its own assistant")
    assert ada.endswith("gpt-6-luna  none                       nowhere yet")
    assert head.index("MODEL") == settled.index("gpt-6-luna") == made.index("gpt-6-luna") + len("도우미")


def test_places_are_assigned_and_freed(operator):
    ada = operator.creates(name="Ada")
    number = "112233445566778899"
    said = operator.types("use", "Ada", "--slack", "C1", "--discord", number, "--default").splitlines()

    assert f"Ada ({ada}) answers in Slack C1 from the next message on." == said[0]
    assert said[2].endswith("answers in every channel without its own assistant from the next message on.")
    assert [("slack", "C1"), ("discord", number), (None, None)] == [
        (place["platform"], place["place"]) for place in operator.gets("show", "Ada")["assignments"]
    ]
    (freed,) = operator.gets("use", "none", "--discord", number, "--slack", "C9")["data"]
    assert (ada, "assistant.assignment.deleted", True) == (
        *(freed["assistant_id"], freed["object"], freed["deleted"]),
    )
    assert "Slack C9 had no assistant of its own.\n" == operator.told
    ended = operator.types("use", "none", "--default", "--slack", "C1").splitlines()
    assert ended[0].startswith("Slack C1 has no assistant of its own any more: the next nearest")
    assert ended[1].startswith("There is no default any more: every channel without its own assistant gets")
    operator.types("use", "none", "--default")
    assert "There was no default.\n" == operator.told


def test_places_are_ids(operator):
    operator.creates()

    problems = operator.fails(
        "use", "HelpBot", "--slack", "general", "--slack", "U0123ABC", "--discord", "C0123ABC"
    )

    expected = [
        "--slack general is no Slack id",
        "--slack U0123ABC is no S",
        "--discord C0123ABC is no Discord id",
    ]
    assert [True] * 3 == [problem.startswith(said) for problem, said in zip(problems, expected, strict=True)]
    assert operator.fails("use", "HelpBot")[0].startswith("Say where")


def test_an_assigned_one_is_deleted_by_force(operator):
    id = operator.creates()
    operator.types("use", id, "--default")

    (problem,) = operator.fails("delete", id)
    assert "answers in every channel without its own assistant. Add --force" in problem
    gone = operator.gets("delete", id, "--force")

    assert {"id": id, "object": "assistant.deleted", "deleted": True} == gone
    assert "every channel without its own assistant" in operator.told
    operator.creates()
    assert "Deleted HelpBot" in operator.types("delete", "HelpBot")


def test_what_cannot_come_along_is_told(operator):
    for file in PRINTED.glob("*.json"):
        operator.types("import", str(file))
        for line in operator.told.splitlines():
            assert re.match(r"[\w ]+ \(asst_\w+\): \S.*\.$", line), line

    operator.types("delete", "Math Tutor")
    operator.types("import", str(PRINTED / "math_tutor.json"))
    for said in (
        "gpt-4-turbo was retired on 2026-10-23; the assistant now uses gpt-6.1-terra.",
        "): The file file-Qx4wPzM3tVh8K2nLdR6bJc of the code interpreter cannot come along; send it",
        "): It was deleted here; now it is there again.",
    ):
        assert said in operator.told


def test_an_import_again_needs_to_be_told_so(operator):
    file = str(PRINTED / "math_tutor.json")
    operator.types("import", file)
    operator.types("import", file)
    assert "It is here already, exactly like this" in operator.told
    operator.types("update", "Math Tutor", "--description", "changed")

    operator.types("import", file)

    assert "differs from the file; it was left as it is. Add --update" in operator.told
    assert 3 == operator.gets("import", file, "--update")["data"][0]["version"]


def test_a_name_of_two_lines_is_printed_on_one(operator, tmp_path):
    (tmp_path / "one.json").write_text('{"id": "asst_1", "name": "A\\nB", "model": "gpt-6-luna"}')

    assert "asst_1  A B  gpt-6-luna\n" == operator.types("import", str(tmp_path / "one.json"))
    assert "A B (asst_1): " in operator.told


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "There are no assistants in -."),
        ('{"data": [{"model": "m"}], "has_more": true}', "warning: The list goes on after this page"),
        (f'{{"id": "{SETTINGS_ID}"}}', "it was left out. Copy those settings"),
    ],
)
def test_what_is_not_imported_is_said(operator, monkeypatch, text, said):
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))

    operator.types("import", "-")

    assert said in operator.told


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", ["This is not JSON"]),
        ('[{"id": "asst_1", "model": "m", "tools": 5}]', ["asst_1: The field tools has another shape"]),
        ('[{"model": "m"}, {"model": "m", "temperature": 9}]', ["An assistant: The temperature 9"]),
    ],
)
def test_an_import_is_all_or_nothing(operator, monkeypatch, text, said):
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))

    problems = operator.fails("import", "-")

    assert all(problem.startswith(part) for part, problem in zip(said, problems, strict=True))
    assert [] == operator.gets("list")["data"]


async def test_the_server_is_asked_about_a_model(operator):
    """That the settings name; where it is away the model is accepted with a warning."""
    importlib.import_module("core.model_server.service")  # on a busy machine as slow as a server may be
    async with OpenAIStandin(Scenario()) as standin:
        own = {"openai_api_key": "sk-test", "openai_base_url": standin.base_url}
        operator.settings = replace(operator.settings, **own)
        (unknown,) = await asyncio.to_thread(
            operator.fails, "create", "--name", "B", "--model", "gpt-6-lunar"
        )
        assert 1 == standin.asked("GET /models")
        operator.settings = replace(operator.settings, data_dir=operator.settings.data_dir / "another")
        await standin.go_offline()
        await asyncio.to_thread(operator.creates, "--model", "any")

    assert "no model gpt-6-lunar. Use gpt-6-luna instead." in unknown
    assert "warning: The model any was not checked" in operator.told


async def test_every_command_works_from_a_shell(tmp_path):
    """Status 0, JSON alone on stdout, no platform token, no key, no network; while the bot runs."""
    (tmp_path / "data").mkdir()
    with only_runner(tmp_path / "data"):
        db = Database(tmp_path / "data" / "spool.sqlite3")
        commands = [
            ["create", "--name", "HelpBot", "--instructions", "You help."],
            ["update", "HelpBot", "--tool", "code_interpreter"],
            ["use", "HelpBot", "--slack", "C0123ABC"],
            ["list"],
            ["show", "HelpBot"],
            ["export", "HelpBot"],
            ["import", str(PRINTED / "math_tutor.json")],
            ["delete", "HelpBot", "--force"],
        ]
        printed = []
        for command in commands:
            status, out, err = await ran("assistants", *command, "--json", cwd=tmp_path)
            assert 0 == status, err
            assert "Traceback" not in err
            printed.append(json.loads(out))
        left = await db(assistants.all)
        db.close()

    assert ["Math Tutor"] == [assistant.name for assistant in left]
    assert {"assistant", "list", "assistant.deleted"} == {found["object"] for found in printed}


async def test_a_mistake_is_status_two(tmp_path):
    wrong = ("--name", "A", "--model", "gpt-4-turbo", "--top-p", "2")
    status, out, err = await ran("assistants", "create", *wrong, "--json", cwd=tmp_path)

    assert (2, "") == (status, out)
    assert 2 == len(err.splitlines())
    assert all(line.startswith("error: ") for line in err.splitlines())
    assert "gpt-6.1-terra" in err


async def test_nothing_heavy_is_imported(tmp_path):
    _, _, err = await ran("assistants", "list", options=("-X", "importtime"), cwd=tmp_path)

    modules = {line.split("|")[-1].strip() for line in err.splitlines() if line.startswith("import time:")}
    assert "core.store.assistants" in modules
    assert not modules & {
        "openai",
        "pydantic",
        "slack_bolt",
        "discord",
        "aiohttp",
        "core.model_server.service",
    }


async def test_many_processes_write_at_once(tmp_path):
    """Into a directory that none of them has seen before; nothing is lost."""
    began = await asyncio.gather(
        *(ran("assistants", "create", "--name", f"N{number}", "--json", cwd=tmp_path) for number in range(4))
    )

    assert [0] * 4 == [status for status, _, _ in began], [err for _, _, err in began]
    _, out, _ = await ran("assistants", "list", "--json", cwd=tmp_path)
    assert {f"N{number}" for number in range(4)} == {one["name"] for one in json.loads(out)["data"]}
