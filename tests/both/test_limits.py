"""One person who asks for more than they may have: told once, and others do not notice."""

from __future__ import annotations

import pytest

from core.texts import TEXTS
from tests.both.chats import Chat

NOTICE = TEXTS["en"]["limit_person_minute"].partition("{")[0]


def told(chat: Chat) -> list[str]:
    """The notices of limits, where the network shows them: in Slack to that person alone."""
    seen = chat.standin.ephemerals if chat.name == "slack" else chat.standin.posts(chat.place)
    words = [getattr(one, "text", "") or getattr(one, "content", "") for one in seen]
    return [one for one in words if NOTICE in one]


@pytest.mark.promise("L1")
async def test_one_too_many_is_answered_by_one_notice(chat: Chat, spool, script):
    for text in ("First.", "Second.", "Third."):
        script.enqueue(text)
    async with spool(limit_person_minute=2):
        for text in ("one", "two"):
            await chat.talk(text)
        for text in ("three", "four", "five"):
            await chat.ask(text)
        await chat.until(lambda: told(chat))
        assert "Third." == (await chat.talk("one", person=chat.bob)).text
        await chat.office.over()

    assert 1 == len(told(chat))
    assert 3 == len(script.requests)
