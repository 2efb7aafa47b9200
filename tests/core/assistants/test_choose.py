"""core.assistants.choose: who answers in a channel, asked and changed from the chat itself."""

from __future__ import annotations

from typing import Any

import pytest

from core.store import assistants
from core.types import Address
from tests.core.fakes import HERE, Heard, elsewhere
from tests.core.whole import Core, core, rules
from tests.scripted_model import ScriptedModel

ADMIN = rules(admins=frozenset({"UADM"}))


async def made(spool: Core, *names: str) -> list[str]:
    """Assistants of these names; their ids."""

    def create(x: Any) -> list[str]:
        fields = [{"name": name, "model": "gpt-6-luna", "instructions": f"I am {name}."} for name in names]
        return [assistants.create(x, one, number + 2.0).id for number, one in enumerate(fields)]

    return await spool.db(create)


async def asked(spool: Core, wanted: str = "", user: str = "UADM", **more: Any) -> str:
    """What a person is told there."""
    address: Address = more.pop("address", HERE)
    return await spool.inbox.assistants(address, more.pop("parent", ""), user, wanted, **more)


async def test_anybody_may_ask_who_answers(tmp_path):
    """The current one with its model, and the others by name and id."""
    async with core(tmp_path, ScriptedModel(Heard()), policy=ADMIN) as spool:
        one, two = await made(spool, "HelpBot", "Poet")
        text = await asked(spool, user="U1")

        first, others = text.split("\n")
        assert "Spool" in first
        assert "asst_settings" in first
        assert "gpt-6-luna" in first
        assert all(word in others for word in ("HelpBot", one, "Poet", two))
        assert "asst_settings" not in others


@pytest.mark.parametrize("by", ["name", "capitals", "id", "blanks"])
async def test_an_admin_switches_the_channel(tmp_path, by):
    """From the next message on; other channels are as they were."""
    script = Heard()
    async with core(tmp_path, ScriptedModel(script), policy=ADMIN) as spool:
        (id,) = await made(spool, "HelpBot")
        wanted = {"name": "HelpBot", "capitals": "helpbot", "id": id, "blanks": "  HelpBot "}[by]
        text = await asked(spool, wanted)
        assert "HelpBot" in text
        assert "HelpBot" in (await asked(spool, user="U1")).split("\n")[0]
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
        assert "/assistant none" in await asked(spool, "HelpBot")
        assert "ADMINS" in await asked(spool, word, user="U1")
        texts = [await asked(spool, word), await asked(spool, word, locale="en"), await asked(spool)]

        assert all(two in text.split("\n")[0] and one not in text.split("\n")[0] for text in texts)
        assert "없어요" in await asked(spool, word, locale="ko")


async def test_somebody_may_be_called_default(tmp_path):
    """Then that one is meant."""
    async with core(tmp_path, ScriptedModel(Heard()), policy=ADMIN) as spool:
        (id,) = await made(spool, "Default")
        assert id in await asked(spool, "default")
        assert id not in await asked(spool, "none")


async def test_nobody_else_switches(tmp_path):
    """They are told whom to ask, also when the name is wrong."""
    async with core(tmp_path, ScriptedModel(Heard()), policy=ADMIN) as spool:
        await made(spool, "HelpBot")
        texts = {await asked(spool, wanted, user="U1") for wanted in ("HelpBot", "nobody")}

        assert 1 == len(texts)
        assert "ADMINS" in texts.pop()
        assert "Spool" in await asked(spool, user="U1")


async def test_without_admins_nobody_switches(tmp_path):
    """That is how it is set up at first."""
    async with core(tmp_path, ScriptedModel(Heard())) as spool:
        await made(spool, "HelpBot")

        assert "ADMINS" in await asked(spool, "HelpBot")
        assert [] == await spool.db(assistants.assignments)


async def test_a_name_that_nobody_has(tmp_path):
    """Those there are are listed; what was typed is not taken for markup or a call."""
    async with core(tmp_path, ScriptedModel(Heard()), policy=ADMIN) as spool:
        await made(spool, "HelpBot")
        text = await asked(spool, "Help`Bot2" + "x" * 500)

        assert "HelpBot" in text
        assert len(text) < 500
        assert 0 == text.count("`") % 2


async def test_a_name_that_several_have(tmp_path):
    """Their ids are told; nothing is changed."""
    async with core(tmp_path, ScriptedModel(Heard()), policy=ADMIN) as spool:
        ids = await made(spool, "Poet", "Poet", "HelpBot")
        text = await asked(spool, "poet")

        assert [True, True, False] == [id in text for id in ids]
        assert [] == await spool.db(assistants.assignments)
        assert "Poet" in await asked(spool, ids[1])


async def test_a_deleted_one_is_gone(tmp_path):
    """It is not listed and cannot be chosen."""
    async with core(tmp_path, ScriptedModel(Heard()), policy=ADMIN) as spool:
        ids = await made(spool, "HelpBot", "Poet")
        await spool.db(lambda tx: assistants.delete(tx, ids[0], 9.0))

        assert "HelpBot" not in await asked(spool)
        assert [] == await spool.db(lambda tx: assistants.assignments(tx, ids[0]))
        assert "Poet" in await asked(spool, ids[0])


async def test_a_discord_thread_shows_its_channels_assistant(tmp_path):
    """Until it has one of its own."""
    thread = Address("discord", "G1", "T1", "T1")
    async with core(tmp_path, ScriptedModel(Heard()), policy=ADMIN) as spool:
        ids = await made(spool, "HelpBot", "Poet")
        await spool.db(lambda tx: assistants.assign(tx, "discord", "P1", ids[0]))

        assert "HelpBot" in (await asked(spool, address=thread, parent="P1")).split("\n")[0]
        await asked(spool, "Poet", address=thread, parent="P1")
        assert "Poet" in (await asked(spool, address=thread, parent="P1")).split("\n")[0]
        parent = Address("discord", "G1", "P1", "P1")
        assert "HelpBot" in (await asked(spool, address=parent)).split("\n")[0]


async def test_the_text_is_in_the_persons_language(tmp_path):
    """The locale decides, then the language of the settings."""
    async with core(tmp_path, ScriptedModel(Heard()), policy=rules(language="ko")) as spool:
        assert "여기서 답하는 어시스턴트" in await asked(spool)
        assert "답합니다" not in await asked(spool, locale="en-US")


async def test_many_assistants_fit_into_one_reply(tmp_path):
    """Whatever they are called; that there are more is seen."""
    async with core(tmp_path, ScriptedModel(Heard()), policy=ADMIN) as spool:
        await made(spool, *(f"Bot{number} " + "x" * 200 * (number % 2) for number in range(60)))
        for text in (await asked(spool), await asked(spool, "nobody")):
            assert len(text) < 2000
            assert "Bot3" in text
            assert "…" in text
