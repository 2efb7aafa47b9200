"""core.assistants.audience: an assistant answers its audience; others are told so, and that is all."""

from __future__ import annotations

import asyncio

import pytest

from core.policy.access import Access
from core.store import assistants
from core.types import Address, Standing
from tests.core.fakes import Heard
from tests.core.whole import Core, core
from tests.scripted_model import ScriptedModel

DIRECT = Address("fake", "", "D1", "D1")


async def limited(spool: Core, *audience: str) -> str:
    """The assistant that answers everywhere, for these only."""
    fields = {"name": "Poet", "model": "gpt-6-luna", "audience": list(audience)}
    made = await spool.db(lambda tx: assistants.create(tx, fields, 2.0))
    await spool.db(lambda tx: assistants.assign(tx, *assistants.DEFAULT, made.id))
    return made.id


@pytest.mark.promise("A4")
async def test_others_are_told_once_and_the_model_is_not_asked(tmp_path):
    """Who it is, and what to do; nothing of what they said comes into anybody's memory. Orders are heard."""
    script = Heard()
    async with core(tmp_path, ScriptedModel(script)) as spool:
        id = await limited(spool, "fake:U2")
        await spool.say("1", "secret words", user="U1")
        await spool.say("2", "again", user="U1")
        await spool.say("3", "hello", user="U2")
        await spool.say("4", "help", user="U1", kind="help")
        await spool.idle()
        kept, ends = await spool.items(), await spool.outcomes()

    (notice,) = spool.platform.notices
    assert ("U1", True, True) == (notice[0], "“Poet”" in notice[1], id in notice[1])
    assert 1 == len(script.requests)
    assert "secret" not in str(kept)
    assert [("cancelled", "audience")] * 2 == ends[:2]


async def test_it_counts_when_the_answer_begins(tmp_path):
    """A change of the audience is heard at once; an admin is one by the network's id."""
    admins = Access(admins=frozenset({"fake:UADM"}))
    script = Heard()
    async with core(tmp_path, ScriptedModel(script), access=admins) as spool:
        id = await limited(spool, "fake:U1")
        await spool.ask("1", "first", user="U1")
        await spool.db(lambda tx: assistants.update(tx, id, {"audience": ["admins"]}, 3.0))
        await spool.say("2", "second", user="U1")
        await spool.ask("3", "third", user="UADM")
        await spool.idle()
    assert ["U1"] == [who for who, _ in spool.platform.notices]
    assert 2 == len(script.requests)


async def test_a_stranger_is_not_told_who_answers(tmp_path):
    """Who may not be answered at all learns that, and no name."""
    members = Access(guilds=frozenset({"fake:1"}), deny=frozenset({"fake:U1"}))
    async with core(tmp_path, ScriptedModel(Heard()), access=members) as spool:
        spool.platform.standings["U1"] = asyncio.get_running_loop().create_future()
        spool.platform.standings["U1"].set_result(Standing(member=False))
        await limited(spool, "fake:U2")
        await spool.say("1", "hello", user="U1", address=DIRECT, unproven=True)
        await spool.idle()
    assert not any("Poet" in words for _, words in spool.platform.notices)
    assert 1 == len(spool.platform.notices)
