"""The Korean of checks: every sentence one can be made of has it, and the page is told it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import bots
from bots.checks.check import Check
from bots.checks.korean import korean, spoken
from bots.checks.slack import WITHOUT
from bots.discord.identifies import LOOK
from bots.discord.platform import LOGIN
from bots.slack.socket import unconnected
from bots.slack.words import CURES, NO_TOKEN, token_refused
from core.assistants import models
from core.model_server import outages
from core.settings import Settings, needs
from core.store import database

SOURCES = [*sorted((Path(bots.__file__).parent / "checks").glob("*.py")), Path(models.__file__)]
ELSEWHERE = [
    *(f"{cure[0].upper()}{cure[1:]}." for cure in CURES.values()),
    *(token_refused("SLACK_BOT_TOKEN", word) for word in NO_TOKEN),
    *(f"{LOOK}.", LOGIN),
    *outages.CURES.values(),
    *database.CURES.values(),
    *needs(Settings(slack_bot_token="xoxb-1", discord_bot_token="1")),
]
SENTENCE = re.compile(r"(?=.*[a-z]{2})\S+ .*[.?]|(?=.*X)[A-Z]\S+(?: \S+){4,}")
"""Those that end as one, and what becomes one elsewhere."""


def written(source: str) -> Iterator[str]:
    """The texts of a module, without what explains it; "X" in their places."""
    tree = ast.parse(source)
    seen = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            seen |= {*node.values, *(part for part in ast.walk(node) if isinstance(part, ast.Constant))}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(one.value) if isinstance(one, ast.Constant) else "X" for one in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in seen:
            yield node.value


def test_every_sentence_has_its_korean():
    """Of the sources, so that whoever adds one is told; with the words that stand in their places."""
    texts = [text for path in SOURCES for text in written(path.read_text("utf-8"))]
    told = {f"{text.rstrip('.')}." for text in [*texts, *ELSEWHERE] if SENTENCE.fullmatch(text)}
    assert len(told) > 100
    assert [] == sorted(text for text in told if not (said := korean(text)) or said == text)
    words = [*WITHOUT.values(), "behind", "ahead of", "no answer within 5 seconds", "on 2027-01-01, in 1 day"]
    assert [] == [word for word in words if korean(word) == word]


@pytest.mark.parametrize(
    ("what", "cure", "said"),
    [
        ("@bot in Acme. (T1)", "", ("@bot in Acme. (T1)", "", "ko")),
        ("Nobody has said this.", "Try it again.", ("Nobody has said this.", "Try it again.", "en")),
        (
            "llm:1 refuses (billing). No {credit}. Sorry.",
            "chmod 700 /data",
            ("llm:1에서 거부합니다(billing). No {credit}. Sorry.", "chmod 700 /data", "ko"),
        ),
    ],
)
def test_what_is_none_of_our_sentences_stays(what, cure, said):
    """A name, a command, a server's own words; what nobody translated stays English as a whole."""
    found = spoken(Check("model.server", "fail", what, cure), "ko")
    assert said == (found["what"], found["cure"], found["language"])


def test_a_cure_within_a_sentence():
    """As a connection tells it that Slack refuses."""
    assert "Slack에서 link_disabled 오류를 보냈습니다. Socket Mode가 꺼져 있습니다. " in (
        korean(str(unconnected("link_disabled"))) or ""
    )
