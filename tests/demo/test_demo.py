"""bots.demo: what a person can do and see there, in processes of their own."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import re
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import aiohttp
import pytest

from bots.demo.terminal.words import EN
from standins.script.picture import png
from tests.both.office import Office
from tests.commands import ROOT, alone
from tests.demo.demos import LONG, piped, talking, turns

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("demo")]  # one process makes the conversations
LINES = (
    *("hello", "what time is it?", "calculate 2*(3+4)", "draw a cat", "make a csv file"),
    *(
        *('/file "a picture.png" what is this?', "/file notes.txt", "/file nothing.txt", "/file folder x"),
        "/file",
    ),
    *("/rest", "/안녕", "/reset now", "help", "/etc/hosts?"),
    *("announce lunch", "/yes", "/yes", "/memory", "/assistant", "/reset", "hello again"),
    *("/discord", "what time is it?", "draw a dog", "/file notes.txt and this?"),
    *("announce tea", "/no", "/memory", "/assistant", "announce supper", "/quit", "never said"),
)


@pytest.fixture(scope="module")
def demos(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A conversation that shows everything and two that come back: where it was held, what was printed.

    Each ends well, with nothing on standard error. The last one prints ASCII, beside an older demo's data.
    """
    here = tmp_path_factory.mktemp("demo")
    (here / "a picture.png").write_bytes(png())
    (here / "notes.txt").write_text("buy tea\n")
    (here / "folder").mkdir()
    back = ("make another csv file", "draw a dog", "/reset", "/discord", "/reset", "exit")
    done = [piped(*LINES, cwd=here), piped(*back, cwd=here)]
    (here / "data" / "demo-data").mkdir()
    (here / "data" / "demo-data" / "spool.sqlite3").write_text("an older demo's")
    done.append(piped("안녕", cwd=here, PYTHONIOENCODING="ascii"))
    assert [(0, "")] * 3 == [(status, err) for status, _, err in done]
    return here, [out for _, out, _ in done]


FOLLOWS = {
    "[slack] what time is it?": ["[slack] 🔎 Using current_time", "[slack] Assistant: The tool says: "],
    "[discord] what time is it?": ["[discord] 🔎 Using current_time", "time zone UTC"],
    "[slack] calculate 2*(3+4)": ["The tool says: 14"],
    "[slack] make a csv file": [
        "[slack] 🔎 Running code",
        "squares of three numbers: squares.csv\n",
        "posts squares.csv (text/csv, 26 bytes), saved as data/demo/files/squares.csv",
    ],
    '[slack] /file "a picture.png" what is this?': [f"I was given a picture ({len(png())} bytes)."],
    "[slack] /file notes.txt": ["I was given the file notes.txt."],
    "[discord] /file notes.txt and this?": ["I was given the file notes.txt."],
    "[slack] announce lunch": ['"text": "lunch"', "[slack] /yes allows it, /no refuses."],
    "[slack] /yes": ["There is no question to answer.\n"],
    "[discord] /no": ["🚫 Not allowed: announce"],
    "[slack] /memory": ["[slack] (only you see this) This conversation has "],
    "[discord] /memory": ["[discord] (only you see this) This conversation has "],
    "[slack] /assistant": ["“Assistant” (asst_settings, "],
    "[discord] /assistant": ["“Assistant” (asst_settings, "],
    "[slack] hello again": ["I remember nothing before it."],
    "[slack] /rest": ["There is no command /rest. Did you mean /reset? It was not sent"],
    "[slack] /안녕": ["There is no command /안녕. It was not sent"],
    "[slack] help": ["/slack    go to Slack"],
    "[slack] /etc/hosts?": ['You said "/etc/hosts?".'],
    "[discord] /quit": ["🚫 Not allowed: announce"],
}


@pytest.mark.parametrize("line", FOLLOWS)
def test_what_is_typed_and_what_follows(demos, line):
    said = turns(demos[1][0])[line]

    assert [] == [expected for expected in FOLLOWS[line] if expected not in said]


def test_what_is_not_sent(demos):
    """A path that is no file, a command with more than it takes, what comes after the end."""
    said = turns(demos[1][0])

    assert said["[slack] /file nothing.txt"] == "There is no file nothing.txt.\n"
    assert said["[slack] /file folder x"] == "folder is a folder: name one file in it.\n"
    assert said["[slack] /file"] == "Write: /file PATH [TEXT]\n"
    assert said["[slack] /reset now"] == EN.takes_nothing.format(order="/reset")
    assert "Assistant: " not in said["[slack] /rest"] + said["[slack] help"]
    assert "/yes allows it" not in said["[slack] hello"]  # buttons for another answer are no question
    assert "never said" not in demos[1][0]


def test_what_has_effects_happens_after_a_yes(demos):
    assert "[slack] Assistant changes its message: ✅ Allowed: announce" in demos[1][0]
    assert "The tool says: announced (written to data/demo/files/announcements.txt)" in demos[1][0]
    assert (demos[0] / "data/demo/files/announcements.txt").read_text() == "lunch\n"


@pytest.mark.parametrize(
    ("number", "line", "name"),
    [
        (0, "[slack] draw a cat", "picture-1.png"),
        (0, "[discord] draw a dog", "picture-1-2.png"),
        (1, "[slack] draw a dog", "picture-1-3.png"),
    ],
)
def test_a_picture_comes_back(demos, number, line, name):
    """And is saved where the person can open it, beside the ones before."""
    picture = demos[0] / "data" / "demo" / "files" / name
    told = f"picture-1.png (image/png, {picture.stat().st_size} bytes), saved as data/demo/files/{name}"
    assert f"\n{line.split()[0]} Assistant posts {told}\n" in turns(demos[1][number])[line]
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_its_folder_is_its_owners_alone(demos):
    """Also where files are made for a whole group: else the tools would not be loaded. No others are made."""
    folder = demos[0] / "data" / "demo"
    modes = {
        path: stat.S_IMODE(path.stat().st_mode)
        for name in ("tools", "files")
        for path in folder.glob(f"{name}/*")
    }

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert set(modes.values()) == {0o600}
    tools = {"clock.py", "calculator.py", "http_get.py", "announcement.py"}
    assert tools | {"announcements.txt", "squares.csv"} < {path.name for path in modes}
    assert (folder / "files/squares.csv").read_bytes() == b"number,square\n1,1\n2,4\n3,9\n"
    assert not (demos[0] / "data" / "tools").exists()


def test_whoever_comes_back(demos):
    """Is told what is remembered, unless there was a reset; what the model server forgot does no harm."""
    _, (first, again, anew) = demos

    assert EN.remembers not in first
    assert EN.remembers in again
    assert "Not available" not in again
    assert "posts squares.csv" in turns(again)["[slack] make another csv file"]
    assert EN.remembers not in anew
    assert EN.kept_apart.format(path="data/demo-data/spool.sqlite3") in anew
    assert 'You said "??".' in anew
    assert "I remember nothing before it." in anew
    assert "\x1b" not in anew


BROKEN = (
    "from core.tools import tool\n\n\n@tool\ndef broken() -> str:\n"
    '    """Never works."""\n    raise ValueError("no tea")\n'
)


def own_tool(folder: Path, name: str, source: str) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.parent.chmod(0o700)
    (folder / name).write_text(source)
    (folder / name).chmod(0o600)


def test_the_operators_tools_are_there_too(tmp_path):
    """Before an example of the same file name; the one of docs/tools.md as it stands there, word for word.

    What goes wrong in one is in a log that goes elsewhere.
    """
    guide = (ROOT / "docs" / "tools.md").read_text("utf-8")
    source, order = (
        textwrap.dedent(block)
        for kind in ("python", "text")
        for block in re.findall(rf"^ *```{kind}\n(.*?)^ *```$", guide, re.MULTILINE | re.DOTALL)[:1]
    )
    clock = BROKEN.replace("broken", "current_time").replace(
        'raise ValueError("no tea")', 'return "tea time"'
    )
    for name, text in ("stock.py", source), ("clock.py", clock), ("broken.py", BROKEN):
        own_tool(tmp_path / "data" / "tools", name, text)

    lines = (order.strip(), "use stock tea", "/help", "what time is it?", "calculate 1+1", "use broken")
    status, out, err = piped(*lines, cwd=tmp_path)

    assert status == 0
    assert "The tool says: 120 pieces of bolt in Busan" in out
    assert "there is no part “tea”; there are: bolt, nut" in out
    assert "use TOOL {" in turns(out)["[slack] /help"]
    assert "The tool says: tea time" in out
    assert "The tool says: 2" in out
    assert [line["message"] for line in map(json.loads, err.splitlines())] == ["a tool failed"] * 2


def test_warnings_do_not_cut_into_the_conversation(tmp_path):
    """On the terminal where it is held; the tools are in a folder that the settings name."""
    own_tool(tmp_path / "mine", "broken.py", BROKEN)
    ours, theirs = pty.openpty()

    command, there = [sys.executable, "-m", "bots", "demo"], alone(TOOLS_DIR="mine")
    printed = subprocess.check_output(
        command, input=b"use broken\n", stderr=theirs, env=there, cwd=tmp_path, timeout=LONG
    )
    os.write(theirs, b"end")
    told = os.read(ours, 65_536)
    os.close(ours)
    os.close(theirs)

    assert b"error: ValueError: no tea" in printed
    assert told == b"end"


async def test_assistants_are_made_and_a_question_dies_with_the_demo(tmp_path):
    """The next message is answered by the new one; a real bot's data stay empty.

    A question's post is gone with the chat, so nobody could answer it: the next demo does not wait for that.
    """
    office = Office(tmp_path / "data" / "demo")
    async with talking(tmp_path) as talk:
        create = ("assistants", "create", "--name", "HelpBot", "--instructions", "Help.", "--json")
        made = json.loads(await office.types(*create))
        await office.types("assistants", "use", "HelpBot", "--default")

        assert f"“HelpBot” ({made['id']}, " in await talk.say("/assistant", "[slack] You: ")
        said = await talk.say("what time is it?", "before it.")
        assert "My instructions: “Help.” You said" in said
        assert "does not have the tool `current_time`" in said
        await talk.say("/assistant asst_settings", "answers here.")
        assert "time zone" in await talk.say("what time is it?", "time zone UTC")
        await talk.say("announce lunch", "/no refuses.")

    status, out, _ = await asyncio.to_thread(piped, "hello", cwd=tmp_path)
    _, again, _ = await asyncio.to_thread(piped, cwd=tmp_path)

    assert status == 0
    assert EN.cut_off in out
    assert "You said" in turns(out)["[slack] hello"]
    assert not (tmp_path / "data/demo/files/announcements.txt").exists()
    assert EN.cut_off not in again
    assert {"asst_settings", made["id"]} <= set((await office.types("assistants", "list")).split())
    assert ["demo"] == [path.name for path in (tmp_path / "data").iterdir()]


async def test_ones_own_model_is_asked_as_run_would(tmp_path, openai, script):
    """With the assistant of the settings and its functions; nothing that costs more is offered."""
    status, out, _ = await asyncio.to_thread(piped, "hi", cwd=tmp_path, OPENAI_BASE_URL=openai.base_url)

    assert status == 0
    assert "a local Discord and your model, which" in out
    assert "you pay for it" in out
    assert "Assistant: echo: hi" in out
    assert {tool["type"] for tool in script.tools[0]} == {"function"}


async def test_programs_use_the_api_of_the_demo(tmp_path):
    """Its address and a key stand before the first prompt; the next demo has a key of its own."""
    told: list[str] = []
    for statuses in ([200], [401, 200]):
        async with talking(cwd=tmp_path) as talk, aiohttp.ClientSession() as session:
            line = re.search(r"^OPENAI_BASE_URL=(\S+/v1) OPENAI_API_KEY=(\S+)$", talk.greeting, re.MULTILINE)
            assert line
            told.append(line[2])
            for key, status in zip(told, statuses, strict=True):
                bearer = {"Authorization": f"Bearer {key}"}
                async with session.get(f"{line[1]}/assistants", headers=bearer) as answer:
                    assert status == answer.status


def test_in_korean(tmp_path):
    """And called from another folder, where the files that are named are meant to be."""
    (here := tmp_path / "here").mkdir()
    (here / "notes.txt").write_text("buy tea\n")
    lines = ("도움말", "/memory", "/discord", "/memory", "/없는명령", "/file notes.txt")
    status, out, err = piped(*lines, cwd=tmp_path, LANGUAGE="ko", SPOOL_FOLDER=str(here))

    assert (status, err) == (0, "")
    assert out.startswith("Spool 데모: ")
    assert out.count("/reset  새 대화 시작") == 2
    assert out.count("(나에게만 보임) 아직 기억하는 것이 없어요.") == 2
    assert "/없는명령 명령은 없습니다." in out
    assert "I was given the file notes.txt." in out
