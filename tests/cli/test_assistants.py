"""`spool assistants`: what an operator types, what it prints, and what is in the database then."""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import os
import re
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bots.cli.assistants import add, run
from core.assistants.importer import objects
from core.errors import ConfigError
from core.settings import Settings
from core.store import assistants
from core.store.data_dir import only_runner
from core.store.database import Database
from core.types import SETTINGS_ID, Assistant, settings_assistant
from standins.openai import OpenAIStandin
from standins.script.script import Scenario
from tests.core.fakes import TIMEOUT

ROOT = Path(__file__).parents[2]
PRINTED = ROOT / "tests" / "events" / "assistants"
FILES = sorted(PRINTED.glob("*.json"))
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
        """A function of that name in the tools folder."""
        folder = self.settings.tools_directory
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / f"{tool}.py").touch(0o600)
        (folder / f"{tool}.py").write_text(TOOL.replace("get_rain_probability", tool))

    def gets(self, *arguments: str) -> Any:
        """What the command prints as JSON."""
        return json.loads(self.types(*arguments, "--json"))

    def fails(self, *arguments: str) -> tuple[str, ...]:
        """Everything the command refuses; nothing is printed then."""
        with pytest.raises(ConfigError) as refused:
            self.types(*arguments)
        return refused.value.problems

    def creates(self, *arguments: str, name: str = "HelpBot") -> str:
        """The id of a new assistant."""
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
    """It says what was made, with its id, and what to do next; `show` prints the rest."""
    printed = operator.types(
        "create",
        "--name",
        "HelpBot",
        "--instructions",
        "You help.",
        "--model",
        "gpt-6-luna",
        "--tool",
        "code_interpreter",
    )

    assert "was not checked" in operator.told
    shown = operator.gets("show", "HelpBot")
    assert printed.splitlines() == [
        f"Created HelpBot ({shown['id']}), version 1.",
        "model: gpt-6-luna, tools: code_interpreter",
        f"answers: nowhere yet (assign it: spool assistants use {shown['id']} --default)",
        f"everything about it: spool assistants show {shown['id']}",
    ]
    assert ("You help.", [{"type": "code_interpreter"}], 1) == (
        shown["instructions"],
        shown["tools"],
        shown["version"],
    )


def test_every_option_is_a_field(operator, tmp_path):
    """Texts from a file, tools of every sort, limits."""
    (tmp_path / "told.md").write_text("Be kind.\n친절하게.\n", "utf-8")
    operator.writes("get_rain_probability")
    made = operator.gets(
        *("create", "--name", " Ada ", "--description", "d", "--instructions", f"@{tmp_path / 'told.md'}"),
        *("--model", "gpt-6.1-terra", "--effort", "high", "--temperature", "0.5", "--top-p", "1"),
        *("--tool", "file-search", "--tool", "all", "--tool", "mcp:docs=https://mcp.example.com/sse"),
        *("--tool", "get_rain_probability", "--tool-choice", "get_rain_probability"),
        *("--response-format", "json_object", "--truncation", "last_messages:4", "--metadata", "a=b=c"),
        *("--no-parallel-tool-calls", "--max-model-calls", "3", "--run-seconds", "60"),
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
    """And nothing is made."""
    problems = operator.fails(
        *("create", "--model", "gpt-4-turbo", "--temperature", "warm", "--top-p", "7"),
        *("--instructions", "@missing.md", "--tool", "mcp:x=https://evil.example/", "--tool", "mcp:x"),
        *("--metadata", "a", "--response-format", "xml", "--truncation", "auto:x", "--run-seconds", "1.5"),
    )

    expected = (
        "--temperature warm",
        "top_p 7",
        "missing.md",
        "MCP_HOSTS",
        "mcp:LABEL=https",
        "KEY=VALUE",
        "xml",
    )
    for said in (*expected, "auto:x", "--run-seconds 1.5", "needs a name", "retired on 2026-10-23"):
        assert 1 == sum(said in problem for problem in problems), said
    assert 11 == len(problems)
    assert [] == operator.gets("list")["data"]


@pytest.mark.parametrize(
    ("model", "effort"), [("gpt-6-luna", "none"), ("gpt-6.1-sol", None), ("some-model", None)]
)
def test_a_new_one_thinks_as_much_as_the_settings_say(operator, model, effort):
    """Where its model is known to take that."""
    assert effort == operator.gets("create", "--name", "Ada", "--model", model)["reasoning_effort"]


@pytest.mark.parametrize(
    ("word", "hosted"),
    [
        ("retrieval", "file_search"),
        ("codeinterpreter", "code_interpreter"),
        ("code-interpeter", "code_interpreter"),
        ("web_search_preview", "web_search"),
    ],
)
def test_a_word_near_a_hosted_tool_is_asked_about(operator, word, hosted):
    """It would be a function that nobody ever writes; nothing is made."""
    (problem,) = operator.fails("create", "--name", "Ada", "--tool", word)

    assert f"There is no function {word} in " in problem
    assert f". Did you mean {hosted}? " in problem
    assert "" == operator.told
    assert [] == operator.gets("list")["data"]


def test_a_function_may_be_called_nearly_as_a_hosted_tool(operator):
    """Where there is code for it."""
    operator.writes("retrieval")

    assert "retrieval" in operator.types("create", "--name", "Ada", "--tool", "retrieval")


def test_tools_the_server_does_not_have_are_warned_about(operator):
    """When they are given, and when their assistant is to answer; functions are ours, and there anyway."""
    operator.settings = replace(operator.settings, openai_features="portable")
    said = "HelpBot answers without file_search: the settings (OPENAI_FEATURES, OPENAI_BASE_URL)"

    for action in (
        ("create", "--name", "HelpBot", "--tool", "file_search", "--tool", "all"),
        ("use", "HelpBot", "--default"),
        ("update", "HelpBot", "--remove-tool", "all"),
    ):
        operator.types(*action)
        assert said in operator.told, action
    operator.types("update", "HelpBot", "--remove-tool", "file_search")
    assert "answers without" not in operator.told


def test_thinking_with_a_temperature_is_warned_about(operator):
    """Many models refuse that; one that does neither, or did so before, is fine."""
    operator.creates("--effort", "high")
    assert "temperature" not in operator.told

    operator.types("update", "HelpBot", "--temperature", "0.5")
    assert "Many models refuse temperature" in operator.told
    operator.types("update", "HelpBot", "--description", "d")
    assert "Many models" not in operator.told


def test_model_and_parallel_calls_have_defaults_too(operator):
    """The model's is that of the settings."""
    operator.creates("--model", "gpt-6.1-terra", "--no-parallel-tool-calls")

    cleared = operator.gets("update", "HelpBot", "--clear", "model", "--clear", "parallel-tool-calls")

    assert ("gpt-6-luna", True) == (cleared["model"], cleared["parallel_tool_calls"])


def test_an_update_changes_what_it_names(operator):
    """Everything else stays; tools and metadata are added, removed and replaced one by one."""
    operator.writes("f")
    operator.creates(
        "--instructions",
        "Be kind.",
        "--tool",
        "web_search",
        "--tool",
        "f",
        "--metadata",
        "a=1",
        "--metadata",
        "b=2",
    )

    changed = operator.gets(
        *("update", "helpbot", "--model", "gpt-6.1-terra", "--tool", "all", "--remove-tool", "f"),
        *("--metadata", "a=", "--metadata", "b=3"),
    )

    assert ("Be kind.", "gpt-6.1-terra", 2) == (changed["instructions"], changed["model"], changed["version"])
    assert ["web_search", "function"] == [tool["type"] for tool in changed["tools"]]
    assert {"b": "3"} == changed["metadata"]


@pytest.mark.parametrize("change", [["--clear", "temperature"], ["--name", "HelpBot"]])
def test_what_is_so_already_is_not_changed(operator, change):
    """It is said, and there is no new version."""
    operator.creates()

    assert "Nothing to change in HelpBot" in operator.types("update", "HelpBot", *change)
    assert 1 == operator.gets("update", "HelpBot", *change)["version"]


def test_fields_are_cleared(operator):
    """They are then as if they had never been set; tools can be cleared and set anew at once."""
    operator.creates(
        "--temperature", "1", "--truncation", "auto", "--tool", "web_search", "--metadata", "a=1"
    )

    changed = operator.gets(
        *("update", "HelpBot", "--clear", "temperature", "--clear", "truncation", "--clear", "metadata"),
        *("--clear", "tools", "--tool", "code_interpreter"),
    )

    assert (None, {"type": "summary"}, {}, [{"type": "code_interpreter"}]) == tuple(
        changed[name] for name in ("temperature", "truncation_strategy", "metadata", "tools")
    )


def test_an_update_of_nothing_is_refused(operator):
    """And so are fields and tools that do not exist."""
    operator.creates("--tool", "web_search")

    (nothing,) = operator.fails("update", "HelpBot")
    clear, remove = operator.fails("update", "HelpBot", "--clear", "id", "--remove-tool", "f")

    assert "Nothing is to be changed" in nothing
    assert "--clear id is not known" in clear
    assert "It has: web_search." in remove


@pytest.mark.usefixtures("_settled")
def test_a_name_belongs_to_one(operator):
    """Neither a new one nor another gets it, whatever its capitals; the one that has it keeps it."""
    first, ada = operator.creates(), operator.creates(name="Ada")

    for refused in (["create", "--name", "helpbot"], ["update", "Ada", "--name", "HELPBOT"]):
        (problem,) = operator.fails(*refused)
        assert f"called {refused[-1]} already ({first})" in problem
        assert f"spool assistants update {first} …" in problem
    (problem,) = operator.fails("create", "--name", "Assistant")
    assert problem.endswith("or change ASSISTANT_NAME")
    assert "helpbot" == operator.gets("update", "HelpBot", "--name", "helpbot")["name"]
    assert "Ada" == operator.gets("show", ada)["name"]


def test_of_namesakes_the_id_is_asked_for(operator, tmp_path):
    """An import brings them."""
    first = operator.creates()
    (tmp_path / "one.json").write_text('{"id": "asst_2", "name": "helpbot", "model": "gpt-6-luna"}')
    operator.types("import", str(tmp_path / "one.json"))

    (problem,) = operator.fails("show", "HelpBot")

    assert {first, "asst_2"} == set(re.findall(r"asst_\w+", problem))
    assert "helpbot" == operator.gets("show", "asst_2")["name"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("stok", "Did you mean stock? docs/tools.md shows"),
        ("clock", "Copy it: spool tools add clock"),
        ("nosuch", "docs/tools.md shows in five minutes how to write it"),
    ],
)
def test_a_function_without_code_is_refused(operator, name, said):
    """With the nearest there is and the way to get it; what an assistant has already only gets a warning."""
    operator.writes("stock")
    operator.creates("--tool", "stock")
    (operator.settings.tools_directory / "stock.py").rename(operator.settings.tools_directory / "_stock.py")
    assert "stock" in operator.types("update", "HelpBot", "--tool", "all")
    assert "warning: There is no function stock" in operator.told
    operator.writes("stock")

    for command in (["create", "--name", "Ada"], ["update", "HelpBot"]):
        (problem,) = operator.fails(*command, "--tool", name)
        assert problem.startswith(f"There is no function {name} in {operator.settings.tools_directory}.")
        assert said in problem


def test_long_instructions_are_cut(operator, tmp_path):
    """After a few lines, or letters; `--full` shows all."""
    (tmp_path / "long.md").write_text("\n".join(f"Rule {number}." for number in range(500)))
    made = operator.types("create", "--name", "Ada", "--instructions", f"@{tmp_path / 'long.md'}")

    cut, whole = operator.types("show", "Ada"), operator.types("show", "Ada", "--full")
    assert ("Rule" in made, "Rule 5. …" in cut, "Rule 6." in cut, "Rule 499." in whole) == (
        *(False, True, False, True),
    )
    assert f"({len((tmp_path / 'long.md').read_text()):,} characters; --full shows all)" in cut
    operator.types("update", "Ada", "--instructions", "x" * 1000)
    assert f"{'x' * 400} …\n" in operator.types("show", "Ada")


def test_nobody_is_no_assistant(operator):
    """The refusal says where to look."""
    (problem,) = operator.fails("show", "Nobody")

    assert "“Nobody”" in problem
    assert "assistants list" in problem


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
    """The first command that a person needs."""
    assert "assistants create --name HelpBot" in operator.types("list")
    assert {"object": "list", "data": []} == operator.gets("list")


@pytest.mark.usefixtures("_settled")
def test_a_list_is_a_table(operator):
    """With columns under each other, also where letters take two columns."""
    operator.creates("--tool", "web_search", "--tool", "all", name="도우미")
    operator.types("use", "도우미", "--slack", "C0123ABC")

    head, settled, made = operator.types("list").splitlines()

    assert ["ID", "NAME", "MODEL", "TOOLS", "ANSWERS"] == head.split()
    assert settled.startswith(f"{SETTINGS_ID} ")
    assert settled.endswith("  all functions              every channel without its own assistant")
    assert made.endswith("gpt-6-luna  web_search, all functions  Slack C0123ABC")
    assert head.index("MODEL") == settled.index("gpt-6-luna") == made.index("gpt-6-luna") + len("도우미")


@pytest.mark.usefixtures("_settled")
def test_nothing_is_left_blank(operator):
    """No tools, no place; and the settings' assistant answers nowhere once another answers by default."""
    operator.creates()
    assert operator.types("list").splitlines()[2].endswith("gpt-6-luna  none           nowhere yet")
    operator.types("use", "HelpBot", "--default")

    settled, made = operator.types("list").splitlines()[1:]

    assert settled.endswith("nowhere yet")
    assert made.endswith("every channel without its own assistant")
    assert "nowhere yet" in operator.types("show", SETTINGS_ID)


def test_places_are_assigned_and_freed(operator):
    """The newest assignment of a place counts; `show` and `list` tell the places."""
    ada, bob = operator.creates(name="Ada"), operator.creates(name="Bob")
    operator.types("use", "Bob", "--slack", "C0123ABC")

    said = operator.types(
        "use",
        "Ada",
        "--slack",
        "C0123ABC",
        "--slack",
        "T0123ABC",
        "--discord",
        "112233445566778899",
        "--default",
    )

    assert f"Ada ({ada}) answers in Slack C0123ABC from the next message on." in said
    assert "answers in every channel without its own assistant from the next message on." in said
    shown = operator.gets("show", "Ada")
    assert [
        ("slack", "C0123ABC"),
        ("slack", "T0123ABC"),
        ("discord", "112233445566778899"),
        (None, None),
    ] == [(place["platform"], place["place"]) for place in shown["assignments"]]
    assert [] == operator.gets("show", bob)["assignments"]
    freed = operator.gets("use", "none", "--slack", "C0123ABC", "--default", "--slack", "C9")
    assert [ada, ada] == [place["assistant_id"] for place in freed["data"]]
    assert [("assistant.assignment.deleted", True)] * 2 == [
        (place["object"], place["deleted"]) for place in freed["data"]
    ]
    assert "Slack C9 had no assistant of its own.\n" == operator.told
    assert 2 == len(operator.gets("show", "Ada")["assignments"])


def test_what_holds_after_an_assignment_is_said(operator):
    """Who answers there then; or that there was none."""
    operator.creates()
    operator.types("use", "HelpBot", "--default", "--slack", "C1")

    ended = operator.types("use", "none", "--default", "--slack", "C1").splitlines()
    operator.types("use", "none", "--default")

    assert [
        "Slack C1 has no assistant of its own any more: the next nearest",
        "There is no default any more: every channel without its own assistant gets the one of the ",
    ] == [ended[0].partition(",")[0], ended[1].partition("ASSISTANT_*")[0]]
    assert "There was no default.\n" == operator.told


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ([], "Say where"),
        (["--slack", "general"], "--slack general is no Slack id"),
        (["--slack", "U0123ABC"], "no Slack id"),
        (["--discord", "C0123ABC"], "no Discord id"),
    ],
)
def test_places_are_ids(operator, where, said):
    """A person's id or a channel's name is none."""
    operator.creates()

    (problem,) = operator.fails("use", "HelpBot", *where)

    assert said in problem


def test_an_assigned_one_is_deleted_by_force(operator):
    """Its assignments end with it; without force nothing happens."""
    id = operator.creates()
    operator.types("use", id, "--default")

    (problem,) = operator.fails("delete", id)
    assert "answers in every channel without its own assistant. Add --force" in problem
    gone = operator.gets("delete", id, "--force")

    assert {"id": id, "object": "assistant.deleted", "deleted": True} == gone
    assert "every channel without its own assistant" in operator.told
    assert [] == operator.gets("list")["data"]


def test_one_that_is_not_assigned_is_deleted(operator):
    """Without further ado."""
    operator.creates()

    assert "Deleted HelpBot" in operator.types("delete", "HelpBot")


@pytest.mark.usefixtures("_settled")
@pytest.mark.parametrize("action", [["update", "--model", "m"], ["delete", "--force"]])
def test_the_settings_are_changed_elsewhere(operator, action):
    """Their assistant can be shown, used and exported, and nothing else."""
    (problem,) = operator.fails(action[0], SETTINGS_ID, *action[1:])

    assert "ASSISTANT_*" in problem
    operator.types("use", SETTINGS_ID, "--slack", "C0123ABC")
    assert "Slack C0123ABC, every channel without its own assistant" in operator.types("show", SETTINGS_ID)


def test_five_old_assistants_are_imported(operator):
    """Under their ids, with all that can come along, and every other thing told."""
    for file in FILES:
        operator.types("import", str(file))
        for old in objects(file.read_text("utf-8")):
            new = operator.gets("show", old["id"])
            for name in ("id", "name", "instructions", "created_at", "metadata"):
                assert old[name] == new[name], name
            assert new["model"] in ("gpt-6-luna", "gpt-6.1-terra", "gpt-4o-mini")
            assert old.get("response_format", "auto") == new["response_format"]

    assert 5 == len(operator.gets("list")["data"])


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (
            "math_tutor.json",
            [
                "gpt-4-turbo was retired on 2026-10-23; the assistant now uses gpt-6.1-terra.",
                "file-Qx4wPzM3t",
            ],
        ),
        ("support_desk.json", ["vs_u5kZ0bTqYw3RmVn8LxEj1HcD", "gpt-3.5-turbo-1106 was retired"]),
        ("support_desk.json", ["no function get_current_temperature", "no function get_rain_probability"]),
        ("version_one.json", ["file-abc123Knowledge", "retrieval is called file_search now"]),
        ("extractor.json", ["The field seed is not known", "o3-mini-2025-01-31 was retired"]),
    ],
)
def test_what_cannot_come_along_is_told(operator, file, said):
    """On stderr, with the assistant it is about."""
    operator.types("import", str(PRINTED / file))

    for text in said:
        (line,) = (line for line in operator.told.splitlines() if text in line)
        assert "(asst_" in line


def test_functions_with_code_are_no_loss(operator):
    """What the tools' files print stays out of the output."""
    tools = operator.settings.tools_directory
    tools.mkdir(parents=True)
    (tools / "rain.py").write_text(TOOL)
    (tools / "rain.py").chmod(0o600)
    tools.chmod(0o700)

    operator.gets("import", str(PRINTED / "support_desk.json"))

    assert "no function get_current_temperature" in operator.told
    assert "no function get_rain_probability" not in operator.told


def test_what_was_exported_is_imported_unchanged(operator, tmp_path):
    """Into another data directory, byte for byte."""
    operator.types("import", str(PRINTED / "support_desk.json"))
    operator.creates("--temperature", "1", "--tool", "all", "--effort", "high")
    operator.types("update", "HelpBot", "--model", "gpt-6.1-sol")
    exported = operator.types("export")
    (tmp_path / "all.json").write_text(exported, "utf-8")
    operator.settings = Settings(data_dir=tmp_path / "another")

    operator.types("import", str(tmp_path / "all.json"))

    assert exported == operator.types("export")
    assert ["HelpBot"] == [one["name"] for one in json.loads(operator.types("export", "HelpBot"))["data"]]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_an_import_twice_changes_nothing(operator, file):
    """Whatever is in it; that it is here already is said."""
    operator.types("import", str(file))
    before = operator.types("export")

    operator.types("import", str(file))

    assert "It is here already, exactly like this" in operator.told
    assert before == operator.types("export")


def test_what_was_changed_here_is_not_imported_over(operator):
    """Nor a second time beside it: that it differs is said, and what to do; --update does it."""
    file = str(PRINTED / "math_tutor.json")
    (first,) = operator.gets("import", file)["data"]
    operator.types("update", "Math Tutor", "--description", "changed")
    changed = operator.types("export")

    operator.types("import", file)
    assert "differs from the file; it was left as it is. Add --update" in operator.told
    assert changed == operator.types("export")

    (updated,) = operator.gets("import", file, "--update")["data"]
    assert {**first, "version": 3} == updated
    assert 1 == len(operator.gets("list")["data"])


@pytest.mark.parametrize("id", [{"id": "mine 1"}, {"id": 7}, {}])
def test_an_entry_without_a_fitting_id_is_known_again(operator, tmp_path, id):
    """Also after the one it made was changed."""
    (tmp_path / "one.json").write_text(json.dumps({**id, "name": "Ada", "model": "gpt-6-luna"}))
    (made,) = operator.gets("import", str(tmp_path / "one.json"))["data"]
    assert bool(id) == (f"cannot be an id here; it has {made['id']} now" in operator.told)
    operator.types("update", "Ada", "--description", "changed")

    operator.types("import", str(tmp_path / "one.json"))

    assert [made["id"]] == [one["id"] for one in operator.gets("list")["data"]]


def test_an_entry_without_an_id_may_be_here_by_another(operator, tmp_path):
    """One that is the same in everything."""
    id = operator.creates(name="Ada")
    shown = operator.gets("show", id)
    (tmp_path / "one.json").write_text(json.dumps({**shown, "id": None}))

    (kept,) = operator.gets("import", str(tmp_path / "one.json"))["data"]

    assert id == kept["id"]


def test_what_was_deleted_here_comes_back(operator):
    """Under its id, as the file says, and it is said."""
    file = str(PRINTED / "math_tutor.json")
    (first,) = operator.gets("import", file)["data"]
    operator.types("update", "Math Tutor", "--description", "changed")
    operator.types("delete", "Math Tutor")

    (back,) = operator.gets("import", file)["data"]

    assert "It was deleted here" in operator.told
    assert {**first, "version": 3} == back


def test_an_imported_namesake_is_warned_about(operator, tmp_path):
    """As `create` does."""
    operator.creates(name="Ada")
    (tmp_path / "one.json").write_text('{"id": "asst_1", "name": "Ada", "model": "gpt-6-luna"}')

    operator.types("import", str(tmp_path / "one.json"))

    assert "Another assistant is called Ada too" in operator.told


def test_an_empty_list_is_said_to_be_one(operator, tmp_path):
    """Silence would look like success."""
    (tmp_path / "none.json").write_text("[]")

    operator.types("import", str(tmp_path / "none.json"))

    assert "There are no assistants in" in operator.told


def test_a_name_of_two_lines_is_printed_on_one(operator, tmp_path):
    """One line is one assistant."""
    (tmp_path / "one.json").write_text('{"id": "asst_1", "name": "A\\nB", "model": "gpt-6-luna"}')

    assert "asst_1  A B  gpt-6-luna\n" == operator.types("import", str(tmp_path / "one.json"))
    assert "A B (asst_1): " in operator.told


@pytest.mark.usefixtures("_settled")
def test_the_settings_are_not_imported(operator, tmp_path):
    """Their assistant of another machine is left out, with what to do instead; the others come along."""
    operator.creates()
    exported = operator.gets("export")
    exported["data"][0]["name"] = "Theirs"
    (tmp_path / "all.json").write_text(json.dumps(exported))
    before = operator.types("export")

    (kept,) = operator.gets("import", str(tmp_path / "all.json"))["data"]

    assert "HelpBot" == kept["name"]
    assert "left out. Copy those settings" in operator.told
    assert before == operator.types("export")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", ["not JSON"]),
        ('[{"id": "asst_1", "model": "m", "tools": 5}]', ["asst_1: The field tools"]),
        (
            '[{"name": "A", "model": "m"}, {"name": "B", "model": "m", "temperature": 9}]',
            ["B: The temperature 9"],
        ),
        (
            '[{"id": "asst_1", "name": 9}, {"model": "m", "metadata": []}]',
            ["name is not", "model is m", "metadata"],
        ),
    ],
)
def test_an_import_is_all_or_nothing(operator, monkeypatch, text, said):
    """Each mistake is told with the assistant it is in."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))

    problems = operator.fails("import", "-")

    assert all(part in problem for part, problem in zip(said, problems, strict=True))
    assert [] == operator.gets("list")["data"]


def test_a_list_that_goes_on_is_warned_about(operator, monkeypatch):
    """The API printed twenty at once: nobody is to be forgotten."""
    page = {"object": "list", "data": [{"id": "asst_1", "model": "gpt-6-luna"}], "has_more": True}
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(page)))

    assert 1 == len(operator.gets("import", "-")["data"])
    assert "next one" in operator.told


def test_a_missing_file_is_told(operator):
    """With its name."""
    (problem,) = operator.fails("import", "nowhere.json")

    assert problem.startswith("nowhere.json cannot be read")


async def server(operator: Operator, standin: OpenAIStandin) -> Operator:
    """The operator with a model server."""
    operator.settings = Settings(
        data_dir=operator.settings.data_dir, openai_api_key="sk-test", openai_base_url=standin.base_url
    )
    return operator


async def test_the_server_is_asked_about_a_model_once(operator):
    """An unknown or retired model is refused with a replacement, one that ends soon warned about."""
    soon = (datetime.now(UTC) + timedelta(days=10)).date().isoformat()
    models = {"gpt-6-luna": None, "short": soon, "gone": "2026-01-01"}
    async with OpenAIStandin(Scenario(), models=models) as standin:
        await server(operator, standin)
        made = await asyncio.to_thread(operator.gets, "create", "--name", "A", "--model", "short")
        warned = operator.told
        (unknown,) = await asyncio.to_thread(
            operator.fails, "create", "--name", "B", "--model", "gpt-6-lunar"
        )
        (gone,) = await asyncio.to_thread(operator.fails, "update", "A", "--model", "gone")
        await asyncio.to_thread(operator.types, "update", "A", "--name", "C")

        assert 1 == standin.asked("GET /models")
    assert "short" == made["model"]
    assert f"The model short ends on {soon}" in warned
    assert "no model gpt-6-lunar. Use gpt-6-luna instead." in unknown
    assert "gone was retired on 2026-01-01" in gone


async def test_a_server_that_is_away_is_no_obstacle(operator):
    """The model is accepted with a warning."""
    async with OpenAIStandin(Scenario()) as standin:
        await server(operator, standin)
        await standin.go_offline()
        await asyncio.to_thread(operator.creates, "--model", "any")

    assert "The model any was not checked" in operator.told


async def typed(*arguments: str, cwd: Path, given: str = "", **environ: str) -> tuple[int | None, str, str]:
    """Exit status, stdout and stderr of `spool assistants …` with nothing set but this."""
    kept = {name: os.environ[name] for name in ("PATH", "COVERAGE_PROCESS_START") if name in os.environ}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-X", "importtime") if "-X" in arguments else (sys.executable,),
        *("-m", "bots", "assistants", *(word for word in arguments if word != "-X")),
        env={"PYTHONPATH": str(ROOT), **kept, **environ},
        cwd=cwd,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(TIMEOUT * 4):
        out, err = await process.communicate(given.encode())
    return process.returncode, out.decode(), err.decode()


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
            status, out, err = await typed(*command, "--json", cwd=tmp_path)
            assert 0 == status, err
            assert "Traceback" not in err
            printed.append(json.loads(out))
        left = await db(assistants.all)
        db.close()

    assert ["Math Tutor"] == [assistant.name for assistant in left]
    assert {"assistant", "list", "assistant.deleted"} == {found["object"] for found in printed}


async def test_a_mistake_is_status_two(tmp_path):
    """Each on a line of stderr, and nothing on stdout; the replacement of a retired model is named."""
    status, out, err = await typed(
        "create", "--name", "A", "--model", "gpt-4-turbo", "--top-p", "2", "--json", cwd=tmp_path
    )

    assert (2, "") == (status, out)
    assert 2 == len(err.splitlines())
    assert all(line.startswith("error: ") for line in err.splitlines())
    assert "gpt-6.1-terra" in err


async def test_nothing_heavy_is_imported(tmp_path):
    """A list is there at once: no SDK is needed for it."""
    _, _, err = await typed("list", "-X", cwd=tmp_path)

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
        *(typed("create", "--name", f"N{number}", "--json", cwd=tmp_path) for number in range(4))
    )

    assert [0] * 4 == [status for status, _, _ in began], [err for _, _, err in began]
    _, out, _ = await typed("list", "--json", cwd=tmp_path)
    assert {f"N{number}" for number in range(4)} == {one["name"] for one in json.loads(out)["data"]}
