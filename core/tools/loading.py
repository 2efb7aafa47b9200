"""Finding the tools: the files of the operator's folder, then the entry points of installed packages."""

from __future__ import annotations

import contextlib
import hashlib
import inspect
import os
import stat
import sys
import traceback
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from core.tools.decorator import Options, marked
from core.tools.function import NotATool, Tool
from core.tools.toolbox import Toolbox

GROUP = "spool.tools"
"""The entry points' group: each names a decorated function, or a module that has some."""


def load(*folders: Path, seconds: float, built_in: Sequence[Path] = ()) -> Toolbox:
    """Every decorated function of the folders' `*.py` (not `_*.py`) and of the installed entry points.

    Behind them come the files that are `built_in`: their tools give way to others of the same name.

    `seconds` is the time limit of those that set none. Runs the files' code. Whatever is broken, refused or
    there twice is a problem of the toolbox and keeps nothing else from being found; of two tools with one
    name the first stays, a file's before a package's, files in the order of their names.
    """
    finds = _Finds(seconds)
    for folder in folders:
        for path in finds.files(folder):
            finds.file(path)
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: (entry.name, entry.value)):
        finds.entry(entry)
    for path in built_in:
        finds.built_in(path)
    return Toolbox(finds.tools.values(), finds.problems)


def state(*folders: Path) -> frozenset[tuple[str, int, int, int]]:
    """What is different whenever `load` may find other files there, or other text in them. Runs nothing."""
    found = set()
    for folder in folders:
        with contextlib.suppress(OSError), os.scandir(folder) as entries:
            found.add((str(folder), 0, 0, folder.stat().st_mode))
            for entry in filter(lambda entry: _is_tools(entry.name), entries):
                with contextlib.suppress(OSError):  # it has gone, or leads nowhere: the others still count
                    status = entry.stat()
                    found.add((entry.path, status.st_mtime_ns, status.st_size, status.st_mode))
    return frozenset(found)


def _is_tools(name: str) -> bool:
    """Not a private file, nor an editor's own: Emacs' `.#a.py` is a link that leads nowhere."""
    return name.endswith(".py") and not name.startswith(("_", "."))


class _Finds:
    """What has been found so far."""

    def __init__(self, seconds: float) -> None:
        self.tools: dict[str, Tool] = {}
        self.problems: list[str] = []
        self._seconds = seconds

    def files(self, folder: Path) -> list[Path]:
        """The files to load; none when the folder does not exist or is not safe."""
        try:
            if exposed(folder.stat()):
                self.problems.append(_exposed(folder))
                return []
            names = sorted(os.listdir(folder))
        except FileNotFoundError:
            return []
        except NotADirectoryError:
            self.problems.append(f"{folder} is not a folder. Set TOOLS_DIR to the one with your tools.")
            return []
        except OSError as error:
            self.problems.append(f"{folder} cannot be read ({error.strerror}). Give it to Spool's user.")
            return []
        return [folder / name for name in names if _is_tools(name)]

    def file(self, path: Path) -> None:
        try:
            source = _source(path)
        except PermissionError:
            self.problems.append(f"{path} cannot be read. Give it to the user Spool runs as.")
        except OSError as error:
            self.problems.append(f"{path} cannot be read ({error.strerror}).")
        else:
            if source is None:
                self.problems.append(_exposed(path))
            else:
                self._run(path, source)

    def _run(self, path: Path, source: bytes) -> None:
        module = ModuleType(private_name(path))
        module.__file__ = str(path)
        sys.modules[module.__name__] = module  # dataclasses and pydantic resolve annotations through it
        try:
            exec(compile(source, str(path), "exec", dont_inherit=True), vars(module))  # noqa: S102 - its purpose
        except (Exception, SystemExit) as error:
            del sys.modules[module.__name__]
            self.problems.append(_failure(path, error))
            return
        functions = _functions(module)
        if not functions:
            self.problems.append(
                f"{path} has no tool. Put `@tool` above a function, or rename the file to _{path.name}."
            )
        self._take(functions, str(path))

    def built_in(self, path: Path) -> None:
        """A file of Spool's own, as safe as the rest of it."""
        others, problems = dict(self.tools), list(self.problems)
        self._run(path, path.read_bytes())
        self.tools |= others
        self.problems = problems

    def entry(self, entry: EntryPoint) -> None:
        """A function or module that an installed package offers."""
        source = f"entry point {entry.name} ({entry.value})"
        try:
            found = entry.load()
        except (Exception, SystemExit) as error:
            self.problems.append(f"{source}: {_said(error)}. Repair or remove the package that offers it.")
            return
        functions = _functions(found) if isinstance(found, ModuleType) else list(filter(marked, [found]))
        if not functions:
            self.problems.append(f"{source} is no tool. It must name a function under `@tool`, or a module.")
        self._take(functions, source)

    def _take(self, functions: Iterable[Callable[..., Any]], source: str) -> None:
        from core.tools.schema import made  # pydantic only when there is something to describe

        for function in functions:
            place = _place(function, source)
            try:
                tool = made(function, Options(seconds=self._seconds), source)
            except Exception as error:
                self.problems.append(f"{place}: {_said(error)}")
                continue
            if (first := self.tools.get(tool.name)) is not None:
                self.problems.append(
                    f"{place}: {tool.name}: {first.source} has a tool of this name already, so this one is "
                    'left out. Give one of them another: @tool(name="…").'
                )
            else:
                self.tools[tool.name] = tool


def exposed(status: os.stat_result) -> bool:
    """Whether others than the owner may write there: what they write would run as Spool."""
    return bool(status.st_mode & (stat.S_IWGRP | stat.S_IWOTH))


def private_name(path: Path) -> str:
    """The module name of a file; no other file and no installed module has it."""
    digest = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:16]
    return f"spool_tool_{digest}_{path.stem}"


def _exposed(path: Path) -> str:
    return f"{path} may be changed by other users of this machine and is not loaded. Run: chmod go-w '{path}'"


def _source(path: Path) -> bytes | None:
    """The text of a file, None when others may write to it. The check and the text are of one file."""
    with path.open("rb") as file:
        return None if exposed(os.fstat(file.fileno())) else file.read()


def _functions(module: ModuleType) -> list[Callable[..., Any]]:
    """The marked functions that were written in the module or its package; not those it got elsewhere."""
    things = {id(thing): thing for thing in list(vars(module).values()) if marked(thing)}
    package = module.__name__.split(".")[0]
    return [thing for thing in things.values() if thing.__module__.split(".")[0] == package]


def _place(function: Callable[..., Any], source: str) -> str:
    """Where a function stands: its first line too, where it was written in that file."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    return f"{source}:{code.co_firstlineno}" if code is not None and code.co_filename == source else source


def _failure(path: Path, error: BaseException) -> str:
    """What went wrong while the file ran, where in it, and what to do."""
    if isinstance(error, SyntaxError) and error.filename == str(path):
        line = error.lineno
    else:
        frames = traceback.extract_tb(error.__traceback__)
        line = next((frame.lineno for frame in reversed(frames) if frame.filename == str(path)), None)
    cure = "Correct it, or rename the file to start with _ to leave it out."
    if isinstance(error, ModuleNotFoundError) and error.name:
        cure = f"Install “{error.name.split('.')[0]}” where Spool runs, or remove the import."
    return f"{path}:{line or 1}: {_said(error)}. {cure}"


def _said(error: BaseException) -> str:
    if isinstance(error, NotATool):
        return str(error)
    text = error.msg if isinstance(error, SyntaxError) else " ".join(str(error).split())
    return f"{type(error).__name__}: {text}"[:300].rstrip(".: ")
