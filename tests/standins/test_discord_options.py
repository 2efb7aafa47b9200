"""Command options, threads and button answers of the Discord stand-in, driven by the real SDK."""

from __future__ import annotations

from typing import Any

import discord
import pytest

from standins.discord import DiscordStandin
from tests.standins.discord_clients import OTHER, PERSON, Bot, bare, gateway, running

NAME = {"type": 3, "name": "name", "description": "Which one"}


def assistant(**option: Any) -> dict[str, Any]:
    return {"name": "assistant", "description": "Show it", "options": [{**NAME, **option}]}


async def test_a_command_takes_an_option(monkeypatch):
    """What was typed arrives in the SDK; without it the SDK has the default."""
    bot, asked = Bot(), []

    @bot.tree.command(name="assistant", description="Show the assistant")
    async def show(interaction: discord.Interaction[Bot], name: str = "") -> None:
        asked.append(name)
        await interaction.response.send_message(f"it is {name or 'the default'}", ephemeral=True)

    async with DiscordStandin() as d, running(d, bot, monkeypatch):
        dm = d.dm(PERSON)
        named = await d.slash(PERSON, dm, "assistant", options={"name": "HelpBot"})
        plain = await d.slash(PERSON, dm, "assistant")
    assert asked == ["HelpBot", ""]
    assert [named.text, plain.text] == ["it is HelpBot", "it is the default"]


@pytest.mark.parametrize(
    "option",
    [
        {"name": "Name"},
        {"name": ""},
        {"description": ""},
        {"description": "x" * 101},
        {"type": 0},
        {"choices": [{"name": str(n), "value": str(n)} for n in range(26)]},
    ],
)
async def test_malformed_options_are_refused(option):
    """Names, descriptions, types and choices are checked; nothing is registered then."""
    async with DiscordStandin() as d, bare(d) as api:
        path = f"/applications/{d.application_id}/commands"
        status, body = await api.ask("PUT", path, [assistant(**option)])
        assert (status, body["code"], d.commands) == (400, 50035, [])


@pytest.mark.parametrize("options", [{"other": "x"}, {"name": 1}, {"name": "x" * 6001}, {}])
async def test_a_client_sends_only_what_is_offered(options):
    """An unknown option, a wrong type, too long a value, a required one left out: the test's mistake."""
    async with DiscordStandin() as d, bare(d) as api:
        await api.ask("PUT", f"/applications/{d.application_id}/commands", [assistant(required=True)])
        with pytest.raises(LookupError):
            await d.slash(PERSON, d.dm(PERSON), "assistant", options=options)


async def test_a_command_in_a_thread_tells_its_parent(monkeypatch):
    """The interaction carries the thread with its parent, also when nothing else did."""
    bot = Bot()
    places: list[tuple[int, int]] = []

    @bot.tree.command(name="memory", description="How much")
    async def memory(interaction: discord.Interaction[Bot]) -> None:
        assert isinstance(interaction.channel, discord.Thread)
        places.append((interaction.channel.id, interaction.channel.parent_id))
        await interaction.response.send_message("12 messages", ephemeral=True)

    async with DiscordStandin() as d:
        parent = d.add_channel(d.add_guild())
        thread = d.add_thread(parent)
        async with running(d, bot, monkeypatch):
            assert (await d.slash(PERSON, thread, "memory")).text == "12 messages"
    assert places == [(int(thread), int(parent))]


async def test_threads_are_told_with_their_parents():
    """Those there in GUILD_CREATE, a new one in THREAD_CREATE, and each when it is asked for."""
    async with DiscordStandin() as d, bare(d) as api, gateway(d) as socket:
        parent = d.add_channel(d.add_guild())
        old = d.add_thread(parent)
        await socket.identify()
        arrival = (await socket.event("GUILD_CREATE"))["d"]
        assert [(t["id"], t["parent_id"], t["type"]) for t in arrival["threads"]] == [(old, parent, 11)]
        assert [channel["id"] for channel in arrival["channels"]] == [parent]
        new = d.add_thread(parent)
        created = (await socket.event("THREAD_CREATE"))["d"]
        assert (created["id"], created["parent_id"], created["newly_created"]) == (new, parent, True)
        assert (await api.ask("GET", f"/channels/{new}"))[1]["parent_id"] == parent


class Ask(discord.ui.View):
    """Yes changes the message; no says something to the presser alone; later does nothing to be seen."""

    @discord.ui.button(label="Yes", custom_id="appr_1:yes")
    async def yes(self, interaction: discord.Interaction[Bot], _: object) -> None:
        await interaction.response.edit_message(content="decided", view=None)

    @discord.ui.button(label="No", custom_id="appr_1:no")
    async def no(self, interaction: discord.Interaction[Bot], _: object) -> None:
        await interaction.response.send_message("not yours", ephemeral=True)

    @discord.ui.button(label="Later", custom_id="appr_1:later")
    async def later(self, interaction: discord.Interaction[Bot], _: object) -> None:
        await interaction.response.defer()


async def test_a_button_is_answered_in_three_ways(monkeypatch):
    """Types 6, 4 and 7: nothing, a message for one person, a changed message without buttons."""
    async with DiscordStandin() as d, running(d, Bot(), monkeypatch) as bot:
        channel = d.add_channel(d.add_guild())
        sent = await bot.get_partial_messageable(int(channel)).send("May I?", view=Ask(timeout=None))
        later = await d.press(PERSON, channel, str(sent.id), "appr_1:later")
        no = await d.press(OTHER, channel, str(sent.id), "appr_1:no")
        assert d.posts(channel)[0].content == "May I?"
        yes = await d.press(PERSON, channel, str(sent.id), "appr_1:yes")
        (post,) = d.posts(channel)
    assert [(reply.kind, reply.text, reply.ephemeral) for reply in (later, no, yes)] == [
        (6, "", False),
        (4, "not yours", True),
        (7, "decided", False),
    ]
    assert (post.content, post.components) == ("decided", [])
