"""core.tools.load: the operator's folder and installed packages; nothing in them can stop the others."""

from __future__ import annotations

import sys
from pathlib import Path
from textwrap import dedent

import pytest

from core.tools import Toolbox, execute, load, state

IMPORT = "from core.tools import tool\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty tools folder."""
    path = tmp_path / "tools"
    path.mkdir(mode=0o700)
    return path


def write(folder: Path, name: str, text: str) -> Path:
    """A file of the operator."""
    path = folder / name
    path.write_text(dedent(text), "utf-8")
    path.chmod(0o600)
    return path


def tool_file(folder: Path, file: str, name: str, body: str = "return 'done'") -> Path:
    """A file with one tool."""
    return write(folder, file, f"{IMPORT}\n@tool\ndef {name}() -> str:\n    {body}\n")


def test_a_state_is_another_one_when_something_else_may_be_found(folder):
    """A file that comes, changes, goes, or may be read at last; not what is no tool's file."""
    missing, states = folder / "missing", [state(folder)]
    path = tool_file(folder, "a.py", "one")
    for change in (
        lambda: None,
        lambda: tool_file(folder, "a.py", "another"),
        lambda: path.chmod(0o660),
        lambda: folder.chmod(0o770),
        path.unlink,
    ):
        change()
        states.append(state(missing, folder))
    write(folder, "notes.txt", "x")

    assert len(states) == len(set(states)) == 6
    assert states[-1] == state(folder)
    assert not state(missing)


def test_a_file_that_leads_nowhere_hides_no_other(folder):
    """Nor does an editor's lock or a private file count: `load` leaves both out."""
    for name in ("a0.py", ".#a0.py"):
        (folder / name).symlink_to("gone")
    states = [state(folder)]
    for name in ("a.py", "b.py", "c.py"):
        tool_file(folder, name, "one")
        states.append(state(folder))
    tool_file(folder, "_private.py", "two")
    tool_file(folder, ".hidden.py", "three")
    assert len(set(states)) == 4
    assert states[-1] == state(folder)


def found(folder: Path) -> Toolbox:
    """What is in the folder."""
    return load(folder, seconds=30)


def only_problem(folder: Path) -> str:
    """The one thing that is wrong."""
    (problem,) = found(folder).problems
    return problem


def test_every_file_is_loaded(folder):
    """Except those that begin with _ or are no Python; each tool says where it is from. No folder is none."""
    tool_file(folder, "b.py", "two")
    tool_file(folder, "a.py", "one")
    write(folder, "_draft.py", "raise RuntimeError")
    write(folder, "notes.txt", "not Python")
    box, nothing = found(folder), found(folder / "nothing")
    assert (box.names(), box.problems) == (("one", "two"), ())
    assert [tool.source for tool in box] == [str(folder / "a.py"), str(folder / "b.py")]
    assert (len(nothing), nothing.problems) == (0, ())


def test_several_tools_of_one_file(folder):
    """Undecorated functions, imported tools and repeated names of one function are no tools."""
    tool_file(folder, "z.py", "elsewhere")
    write(
        folder,
        "many.py",
        """
        from core.tools import tool
        from core.tools.examples.clock import current_time

        def helper(): ...

        @tool
        def one() -> str: return helper.__name__

        @tool(seconds=2, confirm=True)
        async def two() -> str: return "2"

        alias = one
        """,
    )

    box = found(folder)

    assert (box.names(), box.problems) == (("elsewhere", "one", "two"), ())
    assert [(tool.seconds, tool.confirm) for tool in box] == [(30, False), (30, False), (2, True)]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("x = 1\ndef broken(:\n    pass\n", 2, "SyntaxError"),
        ("x = 1\n\n1 / 0\n", 3, "ZeroDivisionError"),
        ("import sys\nsys.exit(1)\n", 2, "SystemExit"),
        ("import there_is_no_such_package.at_all\n", 1, "Install “there_is_no_such_package”"),
        ("from core.tools import tool\n@tool('x')\ndef f(): ...\n", 2, "@tool(name="),
        ("x = 1\n", 1, "has no tool"),
    ],
    ids=["syntax", "exception", "exit", "module", "decorator", "empty"],
)
def test_a_broken_file_is_a_problem(folder, text, line, words):
    """With file, line and cure; the others are loaded."""
    write(folder, "broken.py", text)
    tool_file(folder, "whole.py", "whole")
    box = found(folder)
    (problem,) = box.problems
    assert box.names() == ("whole",)
    assert words in problem
    assert problem.startswith(f"{folder / 'broken.py'}:{line}: " if "no tool" not in words else str(folder))


def test_a_broken_function_is_a_problem_of_its_own(folder):
    """The other tools of its file stay."""
    text = f"{IMPORT}\n@tool\ndef good(x: int) -> int: return x\n\n@tool\ndef bad(x: dict) -> int: return 1\n"
    path = write(folder, "mixed.py", text)
    assert only_problem(folder).startswith(f"{path}:6: bad: “x”: ")
    assert found(folder).names() == ("good",)


def test_of_two_tools_with_one_name_the_first_stays(folder):
    """The problem names both files and the cure."""
    tool_file(folder, "a.py", "same", "return 'a'")
    tool_file(folder, "b.py", "same", "return 'b'")
    box = found(folder)
    (problem,) = box.problems
    assert [tool.source for tool in box] == [str(folder / "a.py")]
    assert problem.startswith(f"{folder / 'b.py'}:3: same: {folder / 'a.py'}")
    assert "@tool(name=" in problem


async def test_files_of_one_name_do_not_clash(tmp_path):
    """Nor does a file that is called like an installed module."""
    boxes = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir(mode=0o700)
        tool_file(folder, "json.py", "who", f"import json; return json.dumps('{name}')")
        boxes.append(found(folder))
    results = [await execute(box.get("who"), "who", "{}", seconds=5) for box in boxes]
    assert [result.output for result in results] == ['"one"', '"two"']


async def test_types_of_a_file_work_with_postponed_annotations(folder):
    """Dataclasses, pydantic models and enums that refer to each other by name."""
    write(
        folder,
        "types_.py",
        '''
        from __future__ import annotations

        from dataclasses import dataclass, field
        from enum import Enum

        from pydantic import BaseModel

        from core.tools import tool

        class Size(Enum):
            S = "s"
            L = "l"

        @dataclass
        class Item:
            name: str
            parts: list[Item] = field(default_factory=list)

        class Order(BaseModel):
            item: Item
            size: Size = Size.S

        @tool
        def order(wanted: Order, note: str | None = None) -> str:
            """Order something."""
            return f"{wanted.item.parts[0].name} {wanted.size} {note}"
        ''',
    )
    box = found(folder)
    arguments = '{"wanted": {"item": {"name": "a", "parts": [{"name": "b", "parts": null}]}, "size": null}}'

    result = await execute(box.get("order"), "order", arguments, seconds=5)

    assert (result.output, box.problems) == ("b Size.S None", ())


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_what_others_may_write_is_refused(folder, mode):
    """What they write would run as Spool; the cure is said. A folder with all that is in it."""
    path = tool_file(folder, "open.py", "opened")
    path.chmod(mode)
    tool_file(folder, "own.py", "owned")
    assert f"chmod go-w '{path}'" in only_problem(folder)
    assert found(folder).names() == ("owned",)
    folder.chmod(mode | 0o100)
    assert f"chmod go-w '{folder}'" in only_problem(folder)
    assert not len(found(folder))


def test_a_link_is_judged_by_its_target(folder, tmp_path):
    """The file that would run."""
    target = tool_file(tmp_path, "target.py", "linked")
    (folder / "link.py").symlink_to(target)
    assert found(folder).names() == ("linked",)
    target.chmod(0o666)
    assert "link.py" in only_problem(folder)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: (path.write_bytes(b"\xff\xfe\x00\x00"), path.chmod(0o600)), "odd.py"),
        (lambda path: path.mkdir(), "odd.py cannot be read"),
        (lambda path: path.symlink_to(path.parent / "nowhere.py"), "odd.py cannot be read"),
    ],
)
def test_what_cannot_be_read_is_a_problem(folder, make, words):
    """Somebody meant a file to be there: no text, a folder, a dangling link. TOOLS_DIR names a folder."""
    make(folder / "odd.py")
    assert words in only_problem(folder)
    assert "TOOLS_DIR" in only_problem(write(folder, "tools.py", ""))


def test_nothing_is_left_behind(folder):
    """No byte code beside the operator's files, and no half module of a broken one."""
    tool_file(folder, "fine.py", "fine")
    write(folder, "broken.py", "1 / 0")
    before = set(sys.modules)
    found(folder)
    assert sorted(path.name for path in folder.iterdir()) == ["broken.py", "fine.py"]
    assert [name for name in set(sys.modules) - before if name.endswith("_broken")] == []


def package(site: Path, name: str, code: str, *entries: str) -> None:
    """An installed package with entry points."""
    info = site / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[spool.tools]\n" + "\n".join(entries) + "\n")
    (site / f"{name}.py").write_text(dedent(code))


def test_installed_packages_offer_tools(folder, tmp_path, monkeypatch):
    """A function by its name, or all of a module; a file of the operator goes before them."""
    site = tmp_path / "site"
    code = """
        from core.tools import tool

        @tool
        def lent() -> str: return "lent"

        @tool
        def mine() -> str: return "package"

        def plain(): ...
        """
    package(site, "lender_one", code, "whole = lender_one")
    package(site, "lender_two", code.replace("lent", "given"), "one = lender_two:given")
    monkeypatch.syspath_prepend(site)
    tool_file(folder, "mine.py", "mine")

    box = found(folder)

    assert box.names() == ("given", "lent", "mine")
    assert [tool.source for tool in box][:2] == [
        "entry point one (lender_two:given)",
        "entry point whole (lender_one)",
    ]
    (problem,) = box.problems
    assert "entry point whole (lender_one): mine:" in problem


def test_broken_packages_are_problems(folder, tmp_path, monkeypatch):
    """A module that is not there or breaks, a name that is not there, a function that is no tool."""
    site = tmp_path / "site"
    package(site, "breaker", "1 / 0", "breaks = breaker", "missing = breaker_of_nothing")
    package(site, "stranger", "def plain(): ...", "absent = stranger:absent", "plain = stranger:plain")
    monkeypatch.syspath_prepend(site)
    tool_file(folder, "whole.py", "whole")

    box = found(folder)

    assert box.names() == ("whole",)
    assert [problem.split("(")[0] for problem in box.problems] == [
        "entry point absent ",
        "entry point breaks ",
        "entry point missing ",
        "entry point plain ",
    ]
