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

import pytest

from bots.demo.words import EN
from standins.script.picture import png
from tests.demo.demos import LONG, ROOT, environ, operated, piped, talking, turns

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int, str, str]:
    """A conversation that shows everything: where it was held, exit status, output, errors."""
    here = tmp_path_factory.mktemp("demo")
    (here / "a picture.png").write_bytes(png())
    (here / "notes.txt").write_text("buy tea\n")
    (here / "folder").mkdir()
    lines = [
        *("hello", "what time is it?", "calculate 2*(3+4)", "draw a cat", "make a csv file"),
        *(
            '/file "a picture.png" what is this?',
            "/file notes.txt",
            "/file nothing.txt",
            "/file folder x",
            "/file",
        ),
        *("announce lunch", "/yes", "/yes", "/memory", "/assistant", "/reset", "hello again"),
        *("/discord", "what time is it?", "draw a dog", "/file notes.txt and this?"),
        *("announce tea", "/no", "/memory", "/assistant", "announce supper"),
    ]
    status, out, err = piped(*lines, cwd=here)
    return here, status, out, err


@pytest.mark.parametrize("where", ["slack", "discord"])
def test_a_function_tool_works(shown, where):
    """What is being done is shown, then what came of it."""
    said = turns(shown[2])[f"[{where}] what time is it?"]

    assert f"[{where}] 🔎 Using current_time" in said
    assert f"[{where}] Assistant: The tool says: " in said
    assert "time zone UTC" in said


def test_a_sum_is_calculated(shown):
    """By the calculator of the examples: no tools folder was made for that."""
    assert "The tool says: 14" in turns(shown[2])["[slack] calculate 2*(3+4)"]
    assert not (shown[0] / "data" / "tools").exists()


@pytest.mark.parametrize(
    ("where", "what", "name"), [("slack", "cat", "picture-1.png"), ("discord", "dog", "picture-1-2.png")]
)
def test_a_picture_comes_back(shown, where, what, name):
    """And is saved where the person can open it, beside the one before."""
    said = turns(shown[2])[f"[{where}] draw a {what}"]

    picture = shown[0] / "data" / "demo" / "files" / name
    line = f"picture-1.png (image/png, {picture.stat().st_size} bytes), saved as data/demo/files/{name}"
    assert f"\n[{where}] Assistant posts {line}\n" in said
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_a_file_comes_back(shown):
    """What the code interpreter wrote, with its citation as a plain reference."""
    said = turns(shown[2])["[slack] make a csv file"]

    assert "[slack] 🔎 Running code" in said
    assert "squares of three numbers: squares.csv\n" in said
    assert "posts squares.csv (text/csv, 26 bytes), saved as data/demo/files/squares.csv" in said
    assert (shown[0] / "data/demo/files/squares.csv").read_bytes() == b"number,square\n1,1\n2,4\n3,9\n"


def test_a_picture_that_is_sent_is_seen(shown):
    """A path with a blank stands in quotes."""
    said = turns(shown[2])['[slack] /file "a picture.png" what is this?']

    assert f"I was given a picture ({len(png())} bytes)." in said


@pytest.mark.parametrize("line", ["[slack] /file notes.txt", "[discord] /file notes.txt and this?"])
def test_a_file_that_is_sent_is_read(shown, line):
    """With words or without."""
    assert "I was given the file notes.txt." in turns(shown[2])[line]


def test_a_file_that_is_not_there_is_told(shown):
    """Nothing is sent then."""
    assert turns(shown[2])["[slack] /file nothing.txt"] == "There is no file nothing.txt.\n"
    assert turns(shown[2])["[slack] /file folder x"] == "folder is a folder: name one file in it.\n"
    assert turns(shown[2])["[slack] /file"] == "Write: /file PATH [TEXT]\n"


def test_what_has_effects_is_asked_first(shown):
    """With the exact arguments; only what was allowed happens."""
    asked = turns(shown[2])["[slack] announce lunch"]

    assert '"text": "lunch"' in asked
    assert asked.rstrip().endswith("[slack] /yes allows it, /no refuses.")
    assert (shown[0] / "data/demo/files/announcements.txt").read_text() == "lunch\n"


def test_yes_and_no(shown):
    """The question shows what was decided, and the assistant goes on; then nothing is asked any more."""
    printed = shown[2]

    assert "[slack] Assistant changes its message: ✅ Allowed: announce" in printed
    assert "The tool says: announced (written to data/demo/files/announcements.txt)" in printed
    assert turns(printed)["[slack] /yes"] == "There is no question to answer.\n"
    assert "🚫 Not allowed: announce" in turns(printed)["[discord] /no"]


def test_leaving_allows_nothing(shown):
    """A question that is open at the end gets a no, and its answer is waited for."""
    last = shown[2][shown[2].index("[discord] You: announce supper") :]

    assert "🚫 Not allowed: announce" in last
    assert last.endswith("\n")


@pytest.mark.parametrize("where", ["slack", "discord"])
def test_slash_commands_reach_the_bot(shown, where):
    """Their answers are for the person alone."""
    said = turns(shown[2])

    assert f"[{where}] (only you see this) This conversation has " in said[f"[{where}] /memory"]
    assert "“Assistant” (asst_settings, " in said[f"[{where}] /assistant"]


def test_reset_begins_anew(shown):
    """As it always did."""
    assert "I remember nothing before it." in turns(shown[2])["[slack] hello again"]


def test_it_ends_well(shown):
    """Status 0 and nothing on standard error."""
    assert (shown[1], shown[3]) == (0, "")


def test_its_folder_is_its_owners_alone(shown):
    """Also where files are made for a whole group: else the tools would not be loaded."""
    folder = shown[0] / "data" / "demo"

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder / "tools").iterdir()}
    assert modes == dict.fromkeys(modes, 0o600)
    assert {"clock.py", "calculator.py", "http_get.py", "announcement.py"} == set(modes)
    kept = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder / "files").iterdir()}
    assert {"announcements.txt", "squares.csv"} < set(kept)
    assert kept == dict.fromkeys(kept, 0o600)


def test_the_operators_tools_are_there_too(tmp_path):
    """Beside the demo's, and before an example of the same file name."""
    tools = tmp_path / "mine"
    tools.mkdir(mode=0o700)
    (tools / "clock.py").write_text(
        "from core.tools import tool\n\n\n@tool\ndef current_time() -> str:\n"
        '    """The time here."""\n    return "tea time"\n'
    )
    (tools / "clock.py").chmod(0o600)

    status, out, err = piped("what time is it?", "calculate 1+1", cwd=tmp_path, TOOLS_DIR="mine")

    assert (status, err) == (0, "")
    assert "The tool says: tea time" in out
    assert "The tool says: 2" in out


def own_tool(cwd: Path, name: str, source: str) -> None:
    """A file in the operator's folder."""
    folder = cwd / "data" / "tools"
    folder.mkdir(mode=0o700, parents=True)
    folder.parent.chmod(0o700)
    (folder / name).write_text(source)
    (folder / name).chmod(0o600)


def test_the_tool_of_the_guide_can_be_tried(tmp_path):
    """As docs/tools.md says it, word for word."""
    guide = (ROOT / "docs" / "tools.md").read_text("utf-8")
    source, order = (
        textwrap.dedent(block)
        for kind in ("python", "text")
        for block in re.findall(rf"^ *```{kind}\n(.*?)^ *```$", guide, re.MULTILINE | re.DOTALL)[:1]
    )
    own_tool(tmp_path, "stock.py", source)

    status, out, _ = piped(order.strip(), "use stock tea", "/help", cwd=tmp_path)

    assert status == 0
    assert "The tool says: 120 pieces of bolt in Busan" in out
    assert "there is no part “tea”; there are: bolt, nut" in out
    assert "use TOOL {" in turns(out)["[slack] /help"]


BROKEN = (
    "from core.tools import tool\n\n\n@tool\ndef broken() -> str:\n"
    '    """Never works."""\n    raise ValueError("no tea")\n'
)


def test_warnings_do_not_cut_into_the_conversation(tmp_path):
    """On the terminal where it is held."""
    own_tool(tmp_path, "broken.py", BROKEN)
    ours, theirs = pty.openpty()

    command = [sys.executable, "-m", "bots", "demo"]
    printed = subprocess.check_output(
        command, input=b"use broken\n", stderr=theirs, env=environ(), cwd=tmp_path, timeout=LONG
    )
    os.write(theirs, b"end")
    told = os.read(ours, 65_536)
    os.close(ours)
    os.close(theirs)

    assert b"error: ValueError: no tea" in printed
    assert told == b"end"


def test_a_log_that_goes_elsewhere_keeps_its_warnings(tmp_path):
    """Whoever writes a tool finds there what went wrong in it."""
    own_tool(tmp_path, "broken.py", BROKEN)

    _, _, err = piped("use broken", cwd=tmp_path)

    assert [line["message"] for line in map(json.loads, err.splitlines())] == ["a tool failed"]


def test_what_the_model_server_forgot_does_no_harm(tmp_path):
    """Each demo has a fresh one; the thread with the files of the last demo goes on."""
    (tmp_path / "notes.txt").write_text("buy tea\n")
    piped("make a csv file", "/file notes.txt", "draw a cat", cwd=tmp_path)

    status, out, _ = piped("make another csv file", "draw a dog", cwd=tmp_path)

    assert status == 0
    assert "Not available" not in out
    assert "posts squares.csv" in turns(out)["[slack] make another csv file"]
    assert "saved as data/demo/files/picture-1-2.png" in turns(out)["[slack] draw a dog"]


THERE = {"DATA_DIR": "data/demo"}


async def test_assistants_are_made_while_it_runs(tmp_path):
    """On the demo's data, as on any: the next message is answered by the new one. A real bot's stay empty."""
    async with talking(tmp_path) as talk:
        create = ("assistants", "create", "--name", "HelpBot", "--instructions", "Help.", "--json")
        made = json.loads(await asyncio.to_thread(operated, *create, cwd=tmp_path, **THERE))
        await asyncio.to_thread(operated, "assistants", "use", "HelpBot", "--default", cwd=tmp_path, **THERE)

        assert f"“HelpBot” ({made['id']}, " in await talk.say("/assistant", "[slack] You: ")
        said = await talk.say("what time is it?", "before it.")
        assert "My instructions: “Help.” You said" in said
        assert "does not have the tool `current_time`" in said
        await talk.say("/assistant asst_settings", "answers here.")
        assert "time zone" in await talk.say("what time is it?", "time zone UTC")

    listed = await asyncio.to_thread(operated, "assistants", "list", cwd=tmp_path, **THERE)
    assert {"asst_settings", made["id"]} <= set(listed.split())
    assert ["demo"] == [path.name for path in (tmp_path / "data").iterdir()]


async def test_a_question_dies_with_the_demo(tmp_path):
    """Its post is gone with the chat, so nobody could answer it: the next demo does not wait for that."""
    async with talking(tmp_path) as talk:
        await talk.say("announce lunch", "/no refuses.")

    status, out, _ = piped("hello", cwd=tmp_path)
    _, again, _ = piped(cwd=tmp_path)

    assert status == 0
    assert EN.cut_off in out
    assert "You said" in turns(out)["[slack] hello"]
    assert not (tmp_path / "data/demo/files/announcements.txt").exists()
    assert EN.cut_off not in again


async def test_ones_own_model_is_asked_as_run_would(tmp_path, openai, script):
    """With the assistant of the settings and its functions; nothing that costs more is offered."""
    status, out, _ = await asyncio.to_thread(piped, "hi", cwd=tmp_path, OPENAI_BASE_URL=openai.base_url)

    assert status == 0
    assert "a local Discord and your model, which" in out
    assert "you pay for it" in out
    assert "Assistant: echo: hi" in out
    assert {tool["type"] for tool in script.tools[0]} == {"function"}


def test_what_looks_like_a_command_is_not_sent(tmp_path):
    """The nearest command is named; a path is a message."""
    lines = ("/rest", "/초기화", "/reset now", "help", "/etc/hosts?")
    status, out, err = piped(*lines, cwd=tmp_path)
    said = turns(out)

    assert (status, err) == (0, "")
    assert said["[slack] /rest"].startswith("There is no command /rest. Did you mean /reset? It was not sent")
    assert said["[slack] /초기화"].startswith("There is no command /초기화. It was not sent")
    assert said["[slack] /reset now"] == EN.takes_nothing.format(order="/reset")
    assert "/slack    go to Slack" in said["[slack] help"]
    assert "this thread: I remember" not in out
    assert 'You said "/etc/hosts?". This thread is new' in said["[slack] /etc/hosts?"]


@pytest.mark.parametrize("word", ["/quit", "quit", "exit"])
def test_it_can_be_left_with_a_word(tmp_path, word):
    """What comes after it is not said."""
    status, out, err = piped(word, "hello", cwd=tmp_path)

    assert (status, err) == (0, "")
    assert "hello" not in out


def test_in_korean(tmp_path):
    """What the demo says, and what the bot says to a person whose Slack and Discord are Korean."""
    lines = ("도움말", "/memory", "/discord", "/memory", "/없는명령")
    status, out, err = piped(*lines, cwd=tmp_path, LANGUAGE="ko")

    assert (status, err) == (0, "")
    assert out.startswith("Spool 데모: ")
    assert out.count("/reset  새 대화 시작") == 2
    assert out.count("(나에게만 보임) 아직 기억하는 것이 없어요.") == 2
    assert "/없는명령 명령은 없습니다." in out


def test_whoever_comes_back_is_told_what_is_remembered(tmp_path):
    """The screen is empty then, the assistant's memory is not; unless there was a reset."""
    first, again, anew = (
        piped(*lines, cwd=tmp_path)[1] for lines in (("hello",), ("hi", "/reset"), ("hey",))
    )

    assert EN.remembers not in first
    assert EN.remembers in again
    assert "I remember 1 earlier message" in again
    assert EN.remembers not in anew
    assert "I remember nothing before it." in anew


def test_an_encoding_without_korean_does_no_harm(tmp_path):
    """What is typed arrives; what cannot be printed is replaced."""
    done = subprocess.run(
        [sys.executable, "-m", "bots", "demo"],
        input="안녕\n".encode(),
        capture_output=True,
        env=environ(PYTHONIOENCODING="ascii"),
        cwd=tmp_path,
        timeout=LONG,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, b"")
    assert b'You said "??".' in done.stdout
    assert b"\x1b" not in done.stdout
