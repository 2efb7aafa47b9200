"""What the page is made of: others' files as locked, our own within their rules, both dictionaries whole."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

from bots import web

PAGE = Path(web.__file__).parent / "console"
HERE = Path(__file__).parent
OWN = [one for one in PAGE.rglob("*.*") if "vendor" not in one.parts]
CODE = [one for one in OWN if one.suffix == ".js"]
STYLES = [one for one in OWN if one.suffix == ".css"]
LICENCES = {"MIT", "Apache-2.0", "OFL-1.1", "MPL-2.0"}
MARKUP = (
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|dangerouslySet|\beval\(|new Function|style=\""
)
MOST_LINES = 3_240


@pytest.mark.parametrize("folder", [PAGE / "vendor", HERE / "vendor"], ids=["page", "tests"])
def test_others_files_are_those_of_the_lock(folder: Path) -> None:
    locked = [line.split(" ") for line in (folder / "LOCK").read_text("utf-8").splitlines()]
    assert {line[0] for line in locked} | {"LOCK", "LICENCES"} == {one.name for one in folder.iterdir()}
    for name, package, version, licence, digest in locked:
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest, name
        assert re.fullmatch(r"\d+\.\d+\.\d+", version), package
        assert licence in LICENCES, package
        assert f"{package}\n\n" in (folder / "LICENCES").read_text("utf-8")


def test_both_dictionaries_have_every_word() -> None:
    english, korean = (json.loads((PAGE / f"i18n/{one}.json").read_text("utf-8")) for one in ("en", "ko"))
    assert list(english) == list(korean)
    for key in english:
        assert english[key].strip()
        assert korean[key].strip()
        assert facts(english[key]) == facts(korean[key]), key
    used = {key for one in CODE for key in re.findall(r'\bt\("([^"]+)"', one.read_text("utf-8"))}
    assert used <= set(english)


def test_the_simulator_is_named_as_promised() -> None:
    """In Korean; test_simulator.py has it in English, test_playground.py the other screens."""
    korean = json.loads((PAGE / "i18n/ko.json").read_text("utf-8"))
    names = (
        "nav.simulator",
        "message",
        "trouble.kill",
        "trouble.twice",
        "sim.lost",
        "sim.twice",
        "sim.process",
    )
    told = (
        "시뮬레이터",
        "메시지",
        "봇에 kill -9",
        "모든 이벤트 두 번 보내기",
        "잃음 {n}",
        "중복 {n}",
        "봇 프로세스 {n}",
    )
    assert told == tuple(korean[one] for one in names)


def facts(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


@pytest.mark.parametrize("one", CODE, ids=lambda one: one.name)
def test_no_string_becomes_markup_or_code(one: Path) -> None:
    told = one.read_text("utf-8")
    assert not re.search(MARKUP, told)
    assert not re.search(r"[\"'`]https?://(?!127)", told), "nothing is asked for elsewhere"


def test_only_the_tokens_name_colours() -> None:
    for one in STYLES:
        if one.name != "tokens.css":
            assert not re.search(r"#[0-9a-f]{3,8}\b|rgb\(", one.read_text("utf-8")), one.name


def test_the_page_stays_small() -> None:
    assert sum(len(one.read_text("utf-8").splitlines()) for one in [*CODE, *STYLES]) <= MOST_LINES
    assert max(len(one.read_text("utf-8").splitlines()) for one in CODE) <= 400


def test_imports_lead_to_files() -> None:
    shell = (PAGE / "index.html").read_text("utf-8")
    mapped = json.loads(re.findall(r'<script type="importmap">(.*?)</script>', shell)[0])["imports"]
    assert all((PAGE / path.removeprefix("/console/")).is_file() for path in mapped.values())
    for one in CODE:
        for target in re.findall(r'(?:from |import\()"([^"]+)"', one.read_text("utf-8")):
            assert target in mapped or (one.parent / target).is_file(), (one.name, target)
