"""The work of scripts/sdk-tests: download, start everything, run pytest once a file, count."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from xml.etree import ElementTree

from scripts.sdk_proxy import Proxy
from standins.openai.server import OpenAIStandin
from standins.script.script import Beat, Call, Item, Say, outputs

FILES = (
    "beta/test_assistants.py",
    "beta/test_threads.py",
    "beta/threads/test_messages.py",
    "beta/threads/test_runs.py",
    "beta/threads/runs/test_steps.py",
    "test_vector_stores.py",
    "vector_stores/test_files.py",
    "vector_stores/test_file_batches.py",
    "test_files.py",
)
NO_NETWORK = ("-k", "not path_params", "-m", "not respx2")
"""Tests that never reach a server prove nothing about one."""


class Model:
    """Calls a function that it is offered, once; else it greets."""

    def play(self, instructions: str, items: Sequence[Item], tools: Sequence[Item] = ()) -> Iterable[Beat]:
        names = [str(tool["name"]) for tool in tools if tool.get("type") == "function"]
        if names and not outputs(items):
            return [Call(names[0], {"city": "Seoul"})]
        return [Say("안녕하세요, "), Say("hello.")]


def main() -> int:
    arguments = sys.argv[1:]
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    parser = argparse.ArgumentParser(prog="scripts/sdk-tests")
    parser.add_argument("files", nargs="*", metavar="FILE")
    parser.add_argument("--sdk", default=version("openai"), metavar="VERSION")
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    options = parser.parse_args(arguments[:cut])
    chosen = [name for name in FILES if not options.files or any(word in name for word in options.files)]
    with tempfile.TemporaryDirectory() as scratch:
        sdk = _sdk((options.keep or Path(scratch)).resolve(), options.sdk)
        return asyncio.run(_measured(sdk, chosen, Path(scratch), arguments[cut + 1 :]))


def _sdk(folder: Path, wanted: str) -> Path:
    """The unpacked source distribution; beside it, an environment that has this SDK and pytest."""
    source, python = folder / f"openai-{wanted}", folder / "venv" / "bin" / "python"
    if not source.exists():
        folder.mkdir(parents=True, exist_ok=True)
        base = os.environ.get("PYTHON", getattr(sys, "_base_executable", sys.executable))
        subprocess.run([base, "-m", "venv", str(folder / "venv")], check=True)
        pip = [str(python), "-m", "pip", "--quiet"]
        needed = (f"openai[aiohttp]=={wanted}", "pytest", "pytest-asyncio", "pytest-xdist", "rich")
        subprocess.run([*pip, "install", *needed], check=True)
        archive = ("--no-deps", "--no-binary", ":all:", "--dest", str(folder), f"openai=={wanted}")
        subprocess.run([*pip, "download", *archive], check=True)
        with tarfile.open(folder / f"openai-{wanted}.tar.gz") as packed:
            packed.extractall(folder, filter="data")
    return source


async def _measured(sdk: Path, files: Sequence[str], scratch: Path, arguments: Sequence[str]) -> int:
    failed = total = 0
    async with _served(scratch) as base_url:
        for name in files:
            counts = await _counted(sdk, name, base_url, scratch / "report.xml", arguments)
            print(f"{name:36} {counts[0] - counts[1]:4} of {counts[0]:4}", flush=True)
            total, failed = total + counts[0], failed + counts[1]
    print(f"{'all':36} {total - failed:4} of {total:4}")
    return 1 if failed or not total else 0


async def _counted(
    sdk: Path, name: str, base_url: str, report: Path, arguments: Sequence[str]
) -> tuple[int, int]:
    """How many tests there were, and how many of them did not pass."""
    python = sdk.parent / "venv" / "bin" / "python"
    process = await asyncio.create_subprocess_exec(
        *(str(python), "-m", "pytest", f"tests/api_resources/{name}", "-q", "-n", "0", *NO_NETWORK),
        *(
            "-o",
            "addopts=--tb=short --show-capture=no",
            "-p",
            "no:cacheprovider",
            f"--junitxml={report}",
            *arguments,
        ),
        cwd=sdk,
        env={"PATH": os.environ["PATH"], "TEST_API_BASE_URL": base_url},
        stdout=subprocess.PIPE,
    )
    out, _ = await process.communicate()
    if process.returncode:
        print(out.decode())
    suites = ElementTree.parse(report).getroot().iter("testsuite")  # noqa: S314 # pytest wrote it
    tests, bad = 0, 0
    for suite in suites:
        tests += int(suite.get("tests", 0))
        bad += sum(int(suite.get(kind, 0)) for kind in ("failures", "errors", "skipped"))
    return tests, bad


@asynccontextmanager
async def _served(scratch: Path) -> AsyncIterator[str]:
    """A stand-in, a Spool that asks it, and the layer before that: the address of the layer."""
    async with OpenAIStandin(Model(), models=None) as model:
        environ = {
            **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
            **{"PYTHONPATH": ".", "DATA_DIR": str(scratch / "data"), "HTTP": "127.0.0.1:0"},
            **{"OPENAI_API_KEY": "sk-standin", "OPENAI_BASE_URL": model.base_url},
            **{"OPENAI_FEATURES": "full", "SLACK_BOT_TOKEN": "", "DISCORD_BOT_TOKEN": ""},
        }
        spool = (sys.executable, "-m", "bots")
        made = await asyncio.create_subprocess_exec(
            *spool, "keys", "create", "sdk", "--json", env=environ, stdout=subprocess.PIPE
        )
        key = json.loads((await made.communicate())[0])["key"]
        with (scratch / "log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                *spool, "serve", env=environ, stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )
            try:
                async with Proxy(await _ready(scratch / "log"), key) as proxy:
                    yield proxy.base_url
            finally:
                process.terminate()
                await process.wait()
                text = await asyncio.to_thread((scratch / "log").read_text)
                print(f"tracebacks in the log: {text.count('Traceback')}")


async def _ready(log: Path) -> str:
    """The address that Spool says it is ready on."""
    async with asyncio.timeout(30):
        while True:
            text = await asyncio.to_thread(log.read_text)
            if ready := re.search(r"http ready on (http://[\w.:]+)", text):
                return ready[1]
            await asyncio.sleep(0.1)


if __name__ == "__main__":
    sys.exit(main())
