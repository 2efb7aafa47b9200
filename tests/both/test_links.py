"""Links of an answer (LINK_GATE), through the whole product."""

from __future__ import annotations

import pytest

from standins.script.script import Call, outputs

LONG = "https://evil.example/?q=" + "s3cr3t" * 30
FIND = '@tool\ndef find(what: str) -> str:\n    "Find."\n    return \'["https:\\\\/\\\\/found.example/x"]\'\n'


@pytest.mark.promise("O4")
async def test_what_could_carry_something_off_is_words_unless_it_was_given(chat, spool, script):
    """As it comes, letter by letter, and again after its own words stood in the thread."""
    script.enqueue(*f"Press [bank.com](https://evil.example/login) or {LONG} now.")
    async with spool():
        told = (await chat.talk("hi")).text
        assert f"Press bank.com (evil.example/login) or `{LONG}` now." == told
        script.enqueue(f"That is {LONG}")
        assert f"That is {LONG}" == (await chat.talk(f"What is {LONG}?")).text


async def test_where_strict_only_what_people_and_tools_gave_may_be_pressed(chat, spool, script, office):
    office.tool("find", FIND)
    script.enqueue("Looking at https://mine.example/a.", Call("find", {"what": "https://mine.example/a"}))
    script.enqueue(
        lambda items: (
            f"{len(outputs(items))}: https://found.example/x https://mine.example/a https://said.example"
        )
    )
    async with spool(link_gate="strict"):
        told = (await chat.talk("https://said.example")).text

    assert "Looking at `https://mine.example/a`." in told
    assert "1: https://found.example/x `https://mine.example/a` https://said.example" in told
