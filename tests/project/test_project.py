"""The rules about this repository that a machine can check, so that no reviewer has to."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import discord
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PYTHON_FILES = sorted(
    path
    for folder in ("bots", "core", "standins", "scripts", "tests")
    for path in (ROOT / folder).rglob("*.py")
)
PRODUCT_FILES = [
    path for path in PYTHON_FILES if path.relative_to(ROOT).parts[0] in ("bots", "core", "standins")
]
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 40
MAX_ENTRIES = 16
ONE_NOUN_A_FILE = ("core/store", "bots/cli", "standins")
"""Folders that are lists by nature (a file a table, a command, an endpoint) and may be longer."""
MAX_PARAMETERS = 6
"""Of a constructor, besides `self`; the fields of dataclasses do not count."""
TEST_FILES = sorted((ROOT / "tests").rglob("test_*.py"))
STILL_IMPORTING = {
    *("tests/core/files/test_library_deaths.py", "tests/core/files/test_library_threads.py"),
    *("tests/core/runs/test_approval_deaths.py", "tests/core/runs/test_mcp.py"),
    *("tests/core/runs/test_odd_rounds.py", "tests/core/runs/test_other_servers.py"),
    *("tests/core/runs/test_run_deaths.py", "tests/core/model_server/test_assembly.py"),
}
"""Tests that import another one. The list only becomes shorter."""
NAMED = ("crash", "intake", "project", "replies")
"""Folders of `tests` whose names are checked: those that have been put in order."""
MAX_TEST_LINES = 54_800
"""What all of `tests` may have. Whoever takes lines out lowers it; whoever needs more takes out others."""
FEATURES = {"adoption", "deeds", "effects", "project", "remembered", "sweep", "databases", "older"}
"""What a test may be named after besides modules, rooms and the glossary's words."""
EVENTS = {"death", "restart", "attempt", "error"}
"""Words of the glossary that say what happened once."""

SQL = re.compile(
    r"\b(select\s.+?\sfrom|insert\s+(or\s+\w+\s+)?into|update\s+\w+\s+set|delete\s+from"
    r"|(create|alter|drop)\s+(table|index|trigger))\b",
    re.IGNORECASE | re.DOTALL,
)
SQL_FOLDERS = ("core/store",)


def name(path: Path) -> str:
    """The path as the repository knows it."""
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(tree(path)))


@cache
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


@cache
def repository_files() -> tuple[Path, ...]:
    """Every file that is in the repository or would be added to it. Skips the test outside of git."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    paths = (ROOT / entry for entry in listed.stdout.split("\0") if entry)
    return tuple(path for path in paths if path.is_file())


@cache
def imported(path: Path) -> set[str]:
    """The top-level names of everything a file imports, at any depth of the code, by name or by string."""
    found: set[str] = set()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
            texts = (part.value for part in ast.walk(node) if isinstance(part, ast.Constant))
            found |= {text.split(".")[0] for text in texts if isinstance(text, str)}
    return found


def importers(module: str) -> set[str]:
    """The product's files that import a top-level module."""
    return {name(path) for path in PRODUCT_FILES if module in imported(path)}


def documentation(path: Path) -> set[int]:
    """The identities of the docstring nodes of a file: text for people, not for the machine."""
    return {
        id(node.value)
        for node in nodes(path)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }


def statements(path: Path) -> Iterator[ast.Constant | ast.JoinedStr]:
    """Every string of a file that holds SQL."""
    ignored = documentation(path)
    for node in nodes(path):
        if isinstance(node, ast.JoinedStr):
            text = "x".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in ignored:
            text = node.value
        else:
            continue
        if SQL.search(text):
            yield node


def foreign_parts(statement: ast.JoinedStr, path: Path) -> Iterator[str]:
    """What a formatted statement takes from its caller, or computes: neither is text of the store itself."""
    parameters = {node.arg for node in nodes(path) if isinstance(node, ast.arg)}
    for part in statement.values:
        if isinstance(part, ast.FormattedValue) and not (
            isinstance(part.value, ast.Name) and part.value.id not in parameters
        ):
            yield ast.unparse(part.value)


def methods(path: Path) -> Iterator[tuple[ast.ClassDef, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """The classes of a file with each of their methods."""
    for kind in nodes(path):
        if isinstance(kind, ast.ClassDef):
            for part in kind.body:
                if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield kind, part


def has_annotations(path: Path) -> bool:
    for node in nodes(path):
        if isinstance(node, ast.AnnAssign) or (isinstance(node, ast.arg) and node.annotation):
            return True
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns:
            return True
    return False


def pins(lock: str) -> dict[str, str]:
    """Canonical package name → its whole entry in a lock file, hashes included."""
    entries = re.split(r"\n(?=\S)", (ROOT / lock).read_text("utf-8").strip())
    return {canonicalize_name(re.split(r"\[|==", entry)[0]): entry for entry in entries}


def locked(lock: str) -> dict[str, Requirement]:
    """Canonical package name → what a lock file says of it, for the packages it means on this machine."""
    entries = {name: Requirement(entry.split("\\")[0]) for name, entry in pins(lock).items()}
    return {name: entry for name, entry in entries.items() if not entry.marker or entry.marker.evaluate()}


def asked_for(entry: Requirement) -> Iterator[Requirement]:
    """What a locked package, with its locked extras, needs on this machine, by its own metadata."""
    for requirement in map(Requirement, metadata.requires(entry.name) or ()):
        extras = ("", *entry.extras)
        if not requirement.marker or any(requirement.marker.evaluate({"extra": extra}) for extra in extras):
            yield requirement


def missing(entries: dict[str, Requirement], wanted: Iterable[Requirement]) -> Iterator[str]:
    """The requirements that no entry meets: not there, another version, or without an extra."""
    for requirement in wanted:
        entry = entries.get(canonicalize_name(requirement.name))
        version = str(entry.specifier).removeprefix("==") if entry else ""
        if not entry or version not in requirement.specifier or not requirement.extras <= entry.extras:
            yield str(requirement)


def long_functions(path: Path) -> Iterator[str]:
    """The functions of a file that are longer than a screen: "path:name"."""
    for node in nodes(path):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if (node.end_lineno or node.lineno) - node.lineno + 1 > MAX_FUNCTION_LINES:
            yield f"{name(path)}:{node.name}"


def test_python_files_say_what_they_are_for():
    files = (path for path in PYTHON_FILES if path.read_text("utf-8").strip())
    assert not [name(path) for path in files if not ast.get_docstring(tree(path))]


def test_annotations_are_never_evaluated():
    """Every file with annotations has `from __future__ import annotations`."""
    annotated = filter(has_annotations, PYTHON_FILES)
    assert not [name(path) for path in annotated if "__future__" not in imported(path)]


def test_files_stay_short():
    lines = {name(path): len(path.read_text("utf-8").splitlines()) for path in PRODUCT_FILES}
    assert not {file for file, count in lines.items() if count > MAX_FILE_LINES}


def test_functions_stay_short():
    assert not [function for path in PRODUCT_FILES for function in long_functions(path)]


def test_constructors_take_few_values():
    """What belongs together is one value: nobody remembers the order of seven."""
    found = {
        f"{name(path)}:{kind.name}": sum(isinstance(part, ast.arg) for part in ast.walk(made.args)) - 1
        for path in PRODUCT_FILES
        for kind, made in methods(path)
        if made.name == "__init__" and not name(path).startswith("standins/")
    }
    assert not {place: count for place, count in found.items() if count > MAX_PARAMETERS}


def test_tests_import_no_other_test():
    """What two tests share stands in a file that is named for what it is, and moves with neither of them."""
    found = {
        name(path)
        for path in TEST_FILES
        for node in nodes(path)
        if (isinstance(node, ast.ImportFrom) and node.module and ".test_" in f"{node.module}.")
        or (isinstance(node, ast.ImportFrom | ast.Import) and any("test_" in one.name for one in node.names))
    }
    assert not found - STILL_IMPORTING


def test_tests_are_named_for_what_they_test():
    """After a module or a room, or with the glossary's words and features: never after what happened once."""
    rooms = {part for path in PRODUCT_FILES for part in path.relative_to(ROOT).with_suffix("").parts}
    words = set(re.findall("[a-z]+", (ROOT / "docs/glossary.md").read_text("utf-8").lower())) | FEATURES
    words |= {word for room in rooms for word in room.split("_")}
    words = {word.removesuffix("s") for word in words} - EVENTS
    strange = {
        name(path)
        for path in TEST_FILES
        if path.parent.name in NAMED and {word.removesuffix("s") for word in path.stem.split("_")[1:]} - words
    }
    assert not strange


def test_tests_stay_fewer():
    """Every line of a test is read and carried along by whoever changes the product."""
    files = (path for path in PYTHON_FILES if path.is_relative_to(ROOT / "tests"))
    assert sum(len(path.read_text("utf-8").splitlines()) for path in files) <= MAX_TEST_LINES


def test_folders_stay_short():
    """A folder is taken in at a glance; what is a list by nature is not counted."""
    entries: dict[str, set[str]] = {}
    for path in PRODUCT_FILES:
        inner = path.relative_to(ROOT)
        for folder, entry in zip(inner.parents, (inner, *inner.parents), strict=False):
            if entry.name != "__init__.py" and not f"{folder.as_posix()}/".startswith(ONE_NOUN_A_FILE):
                entries.setdefault(folder.as_posix(), set()).add(entry.name)
    entries.pop(".")
    assert not {folder: len(found) for folder, found in entries.items() if len(found) > MAX_ENTRIES}


def test_every_room_has_its_floor():
    """What stands directly in bots or core is in the import contract: a new room must say whom it knows."""
    floors = project()["tool"]["importlinter"]["contracts"][0]["layers"]
    known = {room.strip(" ()") for floor in floors for room in floor.split("|")}
    rooms = {
        f"{top}.{entry.stem}"
        for top in ("bots", "core")
        for entry in (ROOT / top).iterdir()
        if entry.stem not in ("__init__", "__pycache__") and (entry.is_dir() or entry.suffix == ".py")
    }
    assert rooms <= known


@pytest.mark.parametrize(
    ("module", "room"),
    [
        ("openai", "core/model_server/"),
        ("httpx2", "core/model_server/"),
        ("httpx", "core/model_server/"),
        ("sqlite3", "core/store/"),
    ],
)
def test_one_room_knows_it(module, room):
    """The vendor's SDK and the database engine are known in one room each, whatever way they are imported."""
    assert not {file for file in importers(module) if not file.startswith(room)}


def test_sql_is_in_one_place():
    """SQL is written in the store and its migrations only."""
    elsewhere = (path for path in PRODUCT_FILES if not name(path).startswith(SQL_FOLDERS))
    assert not [f"{name(path)}:{statement.lineno}" for path in elsewhere for statement in statements(path)]


@pytest.mark.promise("S3")
def test_sql_never_contains_values():
    """Statements are put together from the store's own constants; values are always parameters."""
    assert not [
        f"{name(path)}:{statement.lineno}: {part}"
        for path in PRODUCT_FILES
        for statement in statements(path)
        if isinstance(statement, ast.JoinedStr)
        for part in foreign_parts(statement, path)
    ]


@pytest.mark.promise("C3")
@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_locks_are_complete(lock):
    """Each dependency of the project and of every locked package is locked, at a version that is allowed and
    with the extras asked for: pip installs a lock file without resolving. Cure: scripts/lock."""
    wanted = list(project()["project"]["dependencies"])
    if lock == "requirements-dev.lock":
        wanted += project()["dependency-groups"]["dev"]
    entries = locked(lock)
    assert not [*missing(entries, map(Requirement, wanted))]
    unmet = {name: [*missing(entries, asked_for(entry))] for name, entry in entries.items()}
    assert not {name: requirements for name, requirements in unmet.items() if requirements}


def test_development_contains_the_product():
    """What the product is run with is what it was tested with: the same versions, the same hashes."""
    assert pins("requirements.lock").items() <= pins("requirements-dev.lock").items()


@pytest.mark.promise("C1")
@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_locks_pin_hashes_and_name_no_host(lock):
    """Every locked package has hashes, and none says where to get it: that is the machine's business."""
    assert "://" not in (ROOT / lock).read_text("utf-8")
    assert all(re.match(r"\S+==\S+ (;.+ )?\\\n +--hash=sha256:", entry) for entry in pins(lock).values())


def test_no_file_depends_on_this_machine():
    """No path of somebody's machine and no package index stands in any file."""
    forbidden = re.compile(
        r"(?<![\w.~-])/(?:work|home|root|Users)/\w"
        r"|--(?:extra-)?index-url\b|(?:PIP|UV)_(?:EXTRA_)?INDEX|pythonhosted\.org|/simple/?(?=[\s\"'`]|$)"
    )
    this = Path(__file__)
    found = []
    for path in repository_files():
        text = path.read_text("utf-8", errors="replace")
        if path != this and (match := forbidden.search(text)):
            found.append(f"{name(path)}: {match[0]}")
    assert not found


def test_changelog_has_this_version():
    entries = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert entries[0] == project()["project"]["version"]


def test_documents_name_what_is_there():
    """A file of ours that a page names exists, and so does each `Class.method` of the architecture page."""
    pages = [path for path in repository_files() if path.suffix == ".md"]
    named = re.compile(r"`((?:bots|core|standins|tests|docs|scripts|bench)/[\w./-]*)`")
    missing = {
        f"{name(page)}: {path}"
        for page in pages
        for path in named.findall(page.read_text("utf-8"))
        if not (ROOT / path).exists()
    }
    code = {f"{kind.name}.{part.name}" for path in PRODUCT_FILES for kind, part in methods(path)}
    spans = re.findall(r"`([A-Z]\w+\._?[a-z]\w*)`", (ROOT / "docs/architecture.md").read_text("utf-8"))
    assert (set(), set()) == (missing, set(spans) - code)


def test_commands_can_be_executed():
    for command in ("scripts/run", "scripts/test", "scripts/install", "scripts/lock", ".ci/run"):
        assert os.access(ROOT / command, os.X_OK), command


def test_procfile_starts_the_product():
    """A Procfile host runs the bot, not the demo, also when no token is set: it then says what is missing."""
    assert (ROOT / "Procfile").read_text("utf-8") == "bot: python -m bots run\n"


def setup_link(start: str) -> str:
    """The one link in docs/setup.md that begins so."""
    found: set[str] = set(
        re.findall(re.escape(start) + r"[^)\s]+", (ROOT / "docs/setup.md").read_text("utf-8"))
    )
    assert len(found) == 1
    return found.pop()


def test_slack_link_carries_the_manifest():
    """The one-click link creates the app that bots/slack/manifest.yaml describes, to the letter."""
    link = setup_link("https://api.slack.com/apps?new_app=1&manifest_yaml=")
    assert unquote(link.split("manifest_yaml=")[1]) == (ROOT / "bots/slack/manifest.yaml").read_text("utf-8")


def test_discord_link_asks_for_what_is_needed():
    """The invite asks for the permissions that answering needs, and for no other."""
    needed = discord.Permissions(
        view_channel=True,
        send_messages=True,
        send_messages_in_threads=True,
        read_message_history=True,
        attach_files=True,
    )
    query = parse_qs(urlsplit(setup_link("https://discord.com/oauth2/authorize")).query)
    assert query["permissions"] == [str(needed.value)]
    assert query["scope"] == ["bot applications.commands"]


VIOLATIONS = {
    "core/settings/__init__.py": "import core.inbox\nimport discord",
    "core/runs/a.py": "import openai\nimport sqlite3",
    "bots/app.py": "import standins.slack\nimport bots.slack.a",
    "bots/slack/a.py": "import bots.discord.a",
    "bots/discord/a.py": "import slack_sdk",
    "standins/slack.py": "import core.settings",
}
"""Files that together break every import contract."""


def layers_report(checkout: Path, files: dict[str, str]) -> str:
    """What import-linter says about a tree of these files under this project's contracts."""
    floors = project()["tool"]["importlinter"]["contracts"][0]["layers"]
    rooms = {room.strip() for floor in floors for room in floor.split("|") if "(" not in room}
    rooms -= {file.removesuffix(".py").replace("/", ".") for file in files}
    for file in {*(f"{room.replace('.', '/')}/__init__.py" for room in rooms), *files}:
        path = checkout / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(files.get(file, ""))
    for folder in {path.parent for path in checkout.rglob("*.py")} | {checkout / "bots", checkout / "core"}:
        (folder / "__init__.py").touch()
    (checkout / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    return subprocess.run(command, cwd=checkout, capture_output=True, text=True).stdout


def test_import_contracts_bite(tmp_path):
    """Each import contract of pyproject.toml is broken by a file that does what it forbids."""
    contracts = project()["tool"]["importlinter"]["contracts"]
    report = layers_report(tmp_path, VIOLATIONS)
    assert re.findall(r"^(.+) BROKEN", report, re.MULTILINE) == [contract["name"] for contract in contracts]
