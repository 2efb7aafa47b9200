"""core.assistants.choose: who answers in a channel, asked and changed from the chat itself."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from core.assistants.choose import Choice
from core.policy.access import Access
from core.store import assistants
from core.types import SETTINGS_ID, Address
from tests.core.fakes import HERE, Heard, elsewhere
from tests.core.whole import Core, core, rules
from tests.scripted_model import ScriptedModel

ADMIN = rules(access=Access(admins=frozenset({"fake:UADM", "discord:UADM"})))


async def made(spool: Core, *names: str) -> list[str]:
    """Assistants of these names; their ids."""

    def create(x: Any) -> list[str]:
        fields = [{"name": name, "model": "gpt-6-luna", "instructions": f"I am {name}."} for name in names]
        return [assistants.create(x, one, number + 2.0).id for number, one in enumerate(fields)]

    return await spool.db(create)


async def chosen(spool: Core, wanted: str = "", user: str = "UADM", **more: Any) -> Choice:
    """What comes of asking there."""
    return await spool.inbox.assistants(more.get("address", HERE), more.get("parent", ""), user, wanted)


async def who(spool: Core, *asked: str, **more: Any) -> str:
    """The id of who answers there then."""
    found = (await chosen(spool, *asked, **more)).assistant
    return found.id if found else ""


async def test_anybody_may_ask_who_answers(tmp_path):
    """The current one, and the others."""
    async with core(tmp_path, ScriptedModel(Heard()), policy=ADMIN) as spool:
        ids = await made(spool, "HelpBot", "Poet")
        choice = await chosen(spool, user="U1")
    assert choice.assistant is not None
    assert ("current", SETTINGS_ID) == (choice.outcome, choice.assistant.id)
    assert ids == [one.id for one in choice.others]


@pytest.mark.promise("A4")
async def test_only_its_audience_is_shown_an_assistant(tmp_path):
    """By their own id, that of the place, or as admins, who are nobody else than others elsewhere."""
    here = [f"fake:{one}" for one in ("U1", "CPARENT", HERE.channel, HERE.workspace)]
    cases = [("U1", one, True) for one in here] + [("UADM", "admins", True), ("U1", "admins", False)]
    cases += [(user, one, False) for user in ("U2", "UADM") for one in ("fake:U1", "other:U2")]
    async with core(tmp_path, ScriptedModel(Heard()), policy=ADMIN) as spool:
        (id,) = await made(spool, "Poet")
        for user, audience, admitted in cases:
            await spool.db(partial(assistants.update, id=id, changes={"audience": [audience]}, now=2.0))
            listed = await chosen(spool, user=user, parent="CPARENT")
            await spool.db(lambda x: assistants.assign(x, *assistants.DEFAULT, id))
            asked = await chosen(spool, user=user, parent="CPARENT")
            await spool.db(lambda x: assistants.unassign(x, *assistants.DEFAULT, 3.0, ""))
            outcome = "current" if admitted else "closed"
            assert ([id] * admitted, outcome) == ([one.id for one in listed.others], asked.outcome)


@pytest.mark.parametrize("by", ["name", "capitals", "id", "blanks"])
async def test_an_admin_switches_the_channel(tmp_path, by):
    """From the next message on; other channels are as they were."""
    script = Heard()
    async with core(tmp_path, ScriptedModel(script), policy=ADMIN) as spool:
        (id,) = await made(spool, "HelpBot")
        wanted = {"name": "HelpBot", "capitals": "helpbot", "id": id, "blanks": "  HelpBot "}[by]
        assert "switched" == (await chosen(spool, wanted)).outcome
        assert id == await who(spool, "", "U1")
        await spool.say("1", "Who?")
        await spool.say("2", "Who?", address=elsewhere(channel="C2"))
        await spool.idle()
    assert ["Be kind.", "I am HelpBot."] == sorted(instructions for instructions, _ in script.requests)


@pytest.mark.parametrize("word", ["none", "None", "default"])
async def test_an_admin_ends_the_choice(tmp_path, word):
    """That of this channel alone: its workspace's answers there then. Saying it again changes nothing."""
    async with core(tmp_path, ScriptedModel(Heard()), policy=ADMIN) as spool:
        one, two = await made(spool, "HelpBot", "Poet")
        await spool.db(lambda tx: assistants.assign(tx, HERE.platform, HERE.workspace, two))
        assert one == await who(spool, "HelpBot")
        assert "admins" == (await chosen(spool, word, "U1")).outcome
        assert "freed" == (await chosen(spool, word)).outcome
        assert [two, two] == [await who(spool, word), await who(spool)]


@pytest.mark.parametrize(("policy", "user"), [(ADMIN, "U1"), (rules(), "UADM")])
async def test_nobody_else_switches(tmp_path, policy, user):
    """Also when the name is wrong; without admins, as it is set up at first, nobody does."""
    async with core(tmp_path, ScriptedModel(Heard()), policy=policy) as spool:
        await made(spool, "HelpBot")
        choices = [await chosen(spool, wanted, user) for wanted in ("HelpBot", "nobody")]
        assert [Choice("admins")] * 2 == choices
        assert [] == await spool.db(assistants.assignments)


async def test_a_name_that_nobody_has(tmp_path):
    """Those there are are told, without a deleted one. One may be called default, and then is meant."""
    async with core(tmp_path, ScriptedModel(Heard()), policy=ADMIN) as spool:
        (id, gone) = await made(spool, "Default", "Poet")
        await spool.db(lambda tx: assistants.delete(tx, gone, 9.0))
        choice = await chosen(spool, "HelpBot2")
        assert ("unknown", None, "HelpBot2") == (choice.outcome, choice.assistant, choice.wanted)
        assert {SETTINGS_ID, id} == {one.id for one in choice.others}
        assert [id] == [one.id for one in (await chosen(spool)).others]
        assert "unknown" == (await chosen(spool, gone)).outcome
        assert [id, SETTINGS_ID] == [await who(spool, "default"), await who(spool, "none")]


async def test_a_name_that_several_have(tmp_path):
    """They are told apart by their ids; nothing is changed."""
    async with core(tmp_path, ScriptedModel(Heard()), policy=ADMIN) as spool:
        ids = await made(spool, "Poet", "Poet", "HelpBot")
        choice = await chosen(spool, "poet")
        assert ("several", set(ids[:2])) == (choice.outcome, {one.id for one in choice.others})
        assert [] == await spool.db(assistants.assignments)
        assert ids[1] == await who(spool, ids[1])


async def test_a_discord_thread_shows_its_channels_assistant(tmp_path):
    """Until it has one of its own."""
    thread, parent = Address("discord", "G1", "T1", "T1"), Address("discord", "G1", "P1", "P1")
    async with core(tmp_path, ScriptedModel(Heard()), policy=ADMIN) as spool:
        ids = await made(spool, "HelpBot", "Poet")
        await spool.db(lambda tx: assistants.assign(tx, "discord", "P1", ids[0]))
        assert ids[0] == await who(spool, address=thread, parent="P1")
        assert ids[1] == await who(spool, "Poet", address=thread, parent="P1")
        assert ids == [await who(spool, address=parent), await who(spool, address=thread, parent="P1")]
