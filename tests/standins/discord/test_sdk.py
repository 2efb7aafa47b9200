"""The Discord stand-in driven by the real, unmodified SDK."""

from __future__ import annotations

import asyncio

import discord
import pytest

from standins.discord import DiscordStandin, Rules
from tests.standins.discord.clients import CHANNEL, OTHER, PERSON, Bot, running, standin_with


async def test_a_dm_is_received_answered_and_edited(d, bot):
    """`Message.edit` without `suppress` sends flags 0, which brings link previews back."""
    asked = await d.say(PERSON, CHANNEL, "hello")
    message = (await d.until(lambda: bot.seen))[0]
    answer = await message.reply("http://a.example", nonce="run-1-0", suppress_embeds=True)
    await answer.edit(content="http://b.example", suppress=True)
    (post,) = d.posts(CHANNEL)
    assert (message.content, message.channel.type) == ("hello", discord.ChannelType.private)
    assert (post.content, post.reference, post.nonce) == ("http://b.example", asked, "run-1-0")
    assert [text for _, text in post.versions] == ["http://a.example", "http://b.example"]
    assert (post.embeds_suppressed, post.previewed, post.pinged, post.reply_ping) == (
        True,
        False,
        set(),
        False,
    )
    await answer.edit(content="http://b.example")
    assert (d.posts(CHANNEL)[0].embeds_suppressed, d.posts(CHANNEL)[0].previewed) == (False, True)


async def test_a_server_shows_the_bot_only_what_is_meant_for_it(d, monkeypatch):
    """Text is empty for plain messages and role mentions, there for mentions and replies with ping."""
    guild = d.add_guild()
    channel = d.add_channel(guild)
    async with running(d, Bot(), monkeypatch) as bot:
        post = await bot.get_partial_messageable(int(channel)).send("I am here")
        await d.say(PERSON, channel, "among us")
        await d.say(PERSON, channel, "you", mention_bot=True)
        await d.say(PERSON, channel, "role", mention_role=True)
        await d.say(PERSON, channel, "loud reply", reply_to=str(post.id))
        await d.say(PERSON, channel, "quiet reply", reply_to=str(post.id), ping=False)
        await d.say(PERSON, channel, f"`<@{d.bot_user}>` in code")
        seen = await d.until(lambda: bot.seen if len(bot.seen) == 6 else None)
        assert [m.content for m in seen] == ["", f"<@{d.bot_user}> you", "", "loud reply", "", ""]
        assert [bot.user in m.mentions for m in seen] == [False, True, False, True, False, False]
        assert seen[2].role_mentions == [bot.guilds[0].self_role]
        assert seen[4].reference.resolved.author == bot.user


async def test_threads_stickers_edits_and_deletions_are_told(d, room, monkeypatch):
    thread = d.add_thread(room)
    async with running(d, Bot(), monkeypatch) as bot:
        asked = await d.say(PERSON, thread, "look", mention_bot=True, stickers=["wave"])
        message = (await d.until(lambda: bot.seen))[0]
        assert (type(message.channel), message.channel.parent_id) == (discord.Thread, int(room))
        assert message.stickers[0].name == "wave"
        await d.edit(thread, asked, "no longer for you")
        await d.delete(thread, asked)
        await d.until(lambda: bot.removed)
        assert (bot.edited[0].message.content, bot.removed[0].message_id) == ("", int(asked))


async def test_a_command_is_answered_for_one_person(d, room, monkeypatch):
    """In a server, a thread and a DM, with the person's locale and what they typed."""
    bot = Bot()

    @bot.tree.command(name="reset", description="Start over")
    async def reset(interaction: discord.Interaction[Bot], name: str = "all") -> None:
        told = f"{interaction.locale} {interaction.channel_id} {name}"
        await interaction.response.send_message(told, ephemeral=True)

    thread = d.add_thread(room)
    async with running(d, bot, monkeypatch):
        there = await d.slash(PERSON, room, "reset", locale="ko")
        assert (there.text, there.ephemeral, there.failed) == (f"ko {room} all", True, False)
        assert there.acked_after < 1
        named = await d.slash(PERSON, thread, "reset", options={"name": "memory"})
        assert named.text == f"en-US {thread} memory"
        assert (await d.slash(PERSON, CHANNEL, "reset")).text == f"en-US {CHANNEL} all"
        assert (d.command_syncs, [c["name"] for c in d.commands], d.posts(room)) == (1, ["reset"], [])


async def test_a_deferred_command_shows_its_followup(d, monkeypatch):
    """The first follow-up takes the place of "thinking"; the original can be edited after it."""
    bot = Bot()

    @bot.tree.command(name="later", description="Think first")
    async def later(interaction: discord.Interaction[Bot]) -> None:
        await interaction.response.defer(ephemeral=True)
        await interaction.followup.send("first")
        await interaction.followup.send("second")
        await interaction.edit_original_response(content="first, edited")

    async with running(d, bot, monkeypatch):
        reply = await d.slash(PERSON, CHANNEL, "later")
        assert (reply.kind, reply.text, reply.ephemeral) == (5, "first", True)
        await d.until(lambda: any(c.method == "PATCH" for c in d.calls))
        assert [c.status for c in d.calls[-3:]] == [200, 200, 200]


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


async def test_a_button_is_answered_in_three_ways(d, room, bot):
    """Types 6, 4 and 7: nothing, a message for one person, a changed message without buttons."""
    sent = await bot.get_partial_messageable(int(room)).send("May I?", view=Ask(timeout=None))
    later = await d.press(PERSON, room, str(sent.id), "appr_1:later")
    no = await d.press(OTHER, room, str(sent.id), "appr_1:no")
    assert d.posts(room)[0].content == "May I?"
    yes = await d.press(PERSON, room, str(sent.id), "appr_1:yes")
    replies = [(reply.kind, reply.text, reply.ephemeral) for reply in (later, no, yes)]
    assert replies == [(6, "", False), (4, "not yours", True), (7, "decided", False)]
    (post,) = d.posts(room)
    assert (post.content, post.components) == ("decided", [])


class _Hasty:
    """The SDK's waiting between attempts, shortened."""

    def delay(self) -> float:
        return 0.02


@pytest.mark.parametrize(
    "lose",
    [
        DiscordStandin.cut,
        DiscordStandin.request_reconnect,
        lambda d: d.invalidate(resumable=True),
        DiscordStandin.go_offline,
    ],
)
async def test_the_sdk_resumes_and_misses_nothing(d, bot, monkeypatch, lose):
    """After a cut, op 7, op 9 `true` or an outage, what was said meanwhile is replayed."""
    monkeypatch.setattr(discord.client, "ExponentialBackoff", _Hasty)
    await lose(d)
    await d.say(PERSON, CHANNEL, "meanwhile")
    await d.go_online()
    seen = await d.until(lambda: bot.seen)
    await d.until(lambda: d.resumes)
    assert ([m.content for m in seen], d.identifies) == (["meanwhile"], 1)


async def test_history_is_read_in_order(d, bot):
    """`history(after=...)` yields what was written later, oldest first, also what is hours old."""
    old = await d.say(PERSON, CHANNEL, "0", age=7200)
    for number in range(1, 105):
        await d.say(PERSON, CHANNEL, str(number))
    history = bot.get_partial_messageable(int(CHANNEL)).history(after=discord.Object(int(old)), limit=None)
    assert [m.content async for m in history] == [str(number) for number in range(1, 105)]


async def test_a_revoked_token_ends_the_client(d, bot):
    d.revoke()
    with pytest.raises(discord.ConnectionClosed) as closed:
        await bot.life
    assert closed.value.code == 4004
    async with Bot() as again:
        with pytest.raises(discord.LoginFailure):
            await again.login(d.token)


@standin_with(rules=Rules(window=0.3))
async def test_the_sdk_keeps_within_the_limits(d, room, bot):
    """With the headers the stand-in sends, the SDK waits by itself and is never refused."""
    async with asyncio.timeout(5):
        await asyncio.gather(*(bot.get_partial_messageable(int(room)).send(str(n)) for n in range(12)))
    assert not d.rate_limited
