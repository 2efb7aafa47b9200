"""The Discord stand-in driven by the real, unmodified SDK."""

from __future__ import annotations

import asyncio

import discord
import pytest

from standins.discord import DiscordStandin, Rules
from tests.standins.discord_clients import PERSON, Bot, running


async def test_a_dm_is_received_answered_and_edited(monkeypatch):
    """A person's DM reaches the SDK, whose reply and edit appear as one post."""
    async with DiscordStandin() as d, running(d, Bot(), monkeypatch) as bot:
        dm = d.dm(PERSON)
        asked = await d.say(PERSON, dm, "hello")
        message = (await d.until(lambda: bot.seen))[0]
        answer = await message.reply("wor", nonce="run-1-0", suppress_embeds=True)
        await answer.edit(content="world", suppress=True)
        (post,) = d.posts(dm)
        assert (message.content, message.channel.type) == ("hello", discord.ChannelType.private)
        assert (post.content, post.reference, post.nonce) == ("world", asked, "run-1-0")
        assert [text for _, text in post.versions] == ["wor", "world"]
        assert post.embeds_suppressed
        assert not post.pinged
        assert not post.reply_ping


async def test_the_sdk_unsuppresses_embeds_unless_told_again(monkeypatch):
    """`Message.edit` without `suppress` sends flags 0, which brings link previews back."""
    async with DiscordStandin() as d, running(d, Bot(), monkeypatch) as bot:
        channel = d.add_channel(d.add_guild())
        answer = await bot.get_partial_messageable(int(channel)).send(
            "http://a.example", suppress_embeds=True
        )
        assert not d.posts(channel)[0].previewed
        await answer.edit(content="http://b.example")
        assert not d.posts(channel)[0].embeds_suppressed
        assert d.posts(channel)[0].previewed


async def test_a_server_shows_the_bot_only_what_is_meant_for_it(monkeypatch):
    """Text is empty for plain messages and role mentions, there for mentions and replies with ping."""
    async with DiscordStandin() as d:
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
            assert seen is not None
            assert [m.content for m in seen] == ["", f"<@{d.bot_user}> you", "", "loud reply", "", ""]
            assert [bot.user in m.mentions for m in seen] == [False, True, False, True, False, False]
            home = bot.get_guild(int(guild))
            assert home is not None
            assert seen[2].role_mentions == [home.self_role]
            assert isinstance(seen[4].reference, discord.MessageReference)
            assert isinstance(seen[4].reference.resolved, discord.Message)
            assert seen[4].reference.resolved.author == bot.user


async def test_threads_attachments_stickers_edits_and_deletions_are_told(monkeypatch):
    """The SDK's cache knows the thread; a file can be fetched; edits and deletions arrive."""
    async with DiscordStandin() as d:
        thread = d.add_thread(d.add_channel(d.add_guild()))
        async with running(d, Bot(), monkeypatch) as bot:
            asked = await d.say(
                PERSON, thread, "look", mention_bot=True, attachments=[("a.png", b"png")], stickers=["wave"]
            )
            message = (await d.until(lambda: bot.seen))[0]
            assert isinstance(message.channel, discord.Thread)
            assert await message.attachments[0].read() == b"png"
            assert message.stickers[0].name == "wave"
            await d.edit(thread, asked, "no longer for you")
            await d.delete(thread, asked)
            await d.until(lambda: bot.removed)
            assert bot.edited[0].message.content == ""
            assert str(bot.removed[0].message_id) == asked


async def test_a_slash_command_is_answered_for_one_person(monkeypatch):
    """A synced command can be used in a DM and in a server, with the person's locale."""
    bot = Bot()

    @bot.tree.command(name="reset", description="Start over")
    async def reset(interaction: discord.Interaction[Bot]) -> None:
        await interaction.response.send_message(
            f"{interaction.locale} {interaction.guild_id}", ephemeral=True
        )

    async with DiscordStandin() as d:
        guild = d.add_guild()
        channel = d.add_channel(guild)
        async with running(d, bot, monkeypatch):
            there = await d.slash(PERSON, channel, "reset", locale="ko")
            here = await d.slash(PERSON, d.dm(PERSON), "reset")
            assert (there.text, there.ephemeral, there.failed) == (f"ko {guild}", True, False)
            assert here.text == "en-US None"
            assert there.acked_after is not None
            assert there.acked_after < 1
            assert d.command_syncs == 1
            assert [c["name"] for c in d.commands] == ["reset"]
            assert not d.posts(channel)
            with pytest.raises(LookupError):
                await d.slash(PERSON, channel, "unknown")


async def test_a_deferred_command_shows_its_followup(monkeypatch):
    """The first follow-up takes the place of "thinking"; the original can be edited after it."""
    bot = Bot()

    @bot.tree.command(name="later", description="Think first")
    async def later(interaction: discord.Interaction[Bot]) -> None:
        await interaction.response.defer(ephemeral=True)
        await interaction.followup.send("first")
        await interaction.followup.send("second")
        await interaction.edit_original_response(content="first, edited")

    async with DiscordStandin() as d, running(d, bot, monkeypatch):
        dm = d.dm(PERSON)
        reply = await d.slash(PERSON, dm, "later")
        assert (reply.kind, reply.text, reply.ephemeral) == (5, "first", True)
        await d.until(lambda: any(c.method == "PATCH" for c in d.calls))
        assert [c.status for c in d.calls[-3:]] == [200, 200, 200]


async def test_a_button_can_be_pressed_until_it_is_gone(monkeypatch):
    """A press reaches the SDK's view, which takes the button away."""

    class Stop(discord.ui.View):
        @discord.ui.button(label="Stop", custom_id="stop")
        async def stop_it(self, interaction: discord.Interaction[Bot], _: object) -> None:
            await interaction.response.edit_message(content="stopped", view=None)

    async with DiscordStandin() as d, running(d, Bot(), monkeypatch) as bot:
        channel = d.add_channel(d.add_guild())
        post = await bot.get_partial_messageable(int(channel)).send("on it", view=Stop(timeout=None))
        reply = await d.press(PERSON, channel, str(post.id), "stop")
        assert (reply.kind, d.posts(channel)[0].content) == (7, "stopped")
        with pytest.raises(LookupError):
            await d.press(PERSON, channel, str(post.id), "stop")


async def test_a_message_menu_shows_a_text_that_is_otherwise_hidden(monkeypatch):
    """The target of a context-menu command comes with its content."""
    bot = Bot()

    @bot.tree.context_menu(name="Ask")
    async def ask(interaction: discord.Interaction[Bot], message: discord.Message) -> None:
        await interaction.response.send_message(f"you meant: {message.content}")

    async with DiscordStandin() as d:
        channel = d.add_channel(d.add_guild())
        async with running(d, bot, monkeypatch):
            target = await d.say(PERSON, channel, "hidden")
            reply = await d.menu(PERSON, channel, "Ask", target)
            assert reply.text == "you meant: hidden"
            assert d.posts(channel)[0].interaction


@pytest.mark.parametrize("how", ["cut", "reconnect", "invalid", "offline"])
async def test_the_sdk_resumes_and_misses_nothing(how, monkeypatch):
    """After a cut, op 7, op 9 `true` or an outage it resumes, and what was said meanwhile is replayed."""
    async with DiscordStandin() as d, running(d, Bot(), monkeypatch) as bot:
        dm = d.dm(PERSON)
        if how == "cut":
            await d.cut()
        elif how == "reconnect":
            await d.request_reconnect()
        elif how == "invalid":
            await d.invalidate(resumable=True)
        else:
            monkeypatch.setattr(discord.client, "ExponentialBackoff", _Hasty)
            await d.go_offline()
        await d.say(PERSON, dm, "meanwhile")
        await d.go_online()
        seen = await d.until(lambda: bot.seen)
        await d.until(lambda: d.resumes)
        assert ([m.content for m in seen], d.identifies) == (["meanwhile"], 1)


class _Hasty:
    """The SDK's waiting between attempts, shortened."""

    def delay(self) -> float:
        return 0.02


async def test_history_is_read_in_order(monkeypatch):
    """`history(after=...)` yields what was written later, oldest first, also what is hours old."""
    async with DiscordStandin() as d, running(d, Bot(), monkeypatch) as bot:
        dm = d.dm(PERSON)
        old = await d.say(PERSON, dm, "0", age=7200)
        for number in range(1, 105):
            await d.say(PERSON, dm, str(number))
        channel = bot.get_partial_messageable(int(dm))
        texts = [m.content async for m in channel.history(after=discord.Object(int(old)), limit=None)]
        assert texts == [str(number) for number in range(1, 105)]


async def test_a_revoked_token_ends_the_client(monkeypatch):
    """The gateway closes with 4004, after which the SDK gives up; it cannot log in again."""
    async with DiscordStandin() as d, running(d, Bot(), monkeypatch) as bot:
        d.revoke()
        with pytest.raises(discord.ConnectionClosed) as closed:
            await bot.life
        assert closed.value.code == 4004
        async with Bot() as again:
            with pytest.raises(discord.LoginFailure):
                await again.login(d.token)


async def test_the_sdk_keeps_within_the_limits(monkeypatch):
    """With the headers the stand-in sends, the SDK waits by itself and is never refused."""
    async with DiscordStandin(rules=Rules(window=0.3)) as d, running(d, Bot(), monkeypatch) as bot:
        channel = bot.get_partial_messageable(int(d.add_channel(d.add_guild())))
        async with asyncio.timeout(5):
            await asyncio.gather(*(channel.send(str(n)) for n in range(12)))
        assert not d.rate_limited


async def test_without_limits_nothing_waits(monkeypatch):
    """`limits=False` lets a burst through at once."""
    async with DiscordStandin(limits=False) as d, running(d, Bot(), monkeypatch) as bot:
        channel = d.add_channel(d.add_guild())
        async with asyncio.timeout(4):
            await asyncio.gather(*(bot.get_partial_messageable(int(channel)).send(str(n)) for n in range(40)))
        assert len(d.posts(channel)) == 40
