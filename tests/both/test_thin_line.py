"""The thin line through everything: one mention, one direct message, one reset each."""

from __future__ import annotations

from standins.script.script import text_of


async def test_a_mention_is_answered_in_its_thread_and_remembered_until_reset(slack, product, script):
    """Slack: the answer streams under the mention; the next one knows it; /reset forgets it."""
    async with product():
        for number, text in enumerate(("one", "two"), start=1):
            ts = await slack.mention("U1", "C1", text)
            await slack.until(
                lambda: len(slack.posts("C1")) == number and not slack.posts("C1")[-1].streaming
            )

            assert (f"echo: {text}", ts) == (slack.posts("C1")[-1].text, slack.posts("C1")[-1].thread_ts)

        assert ["one", "echo: one", "two"] == [text_of(item) for item in script.requests[-1][1]]

        reply = await slack.slash("U1", "C1", "/reset")
        await slack.mention("U1", "C1", "three")
        await slack.until(lambda: len(slack.posts("C1")) == 3)

        assert len(reply.texts) == 1
        assert ["three"] == [text_of(item) for item in script.requests[-1][1]]


async def test_a_direct_message_is_answered_and_remembered_until_reset(discord, product, script):
    """Discord: a direct message gets an answer; the next one knows it; /reset forgets it."""
    async with product():
        channel = discord.dm("200000000000000001")
        for number, text in enumerate(("one", "two"), start=1):
            await discord.say("200000000000000001", channel, text)
            await discord.until(
                lambda n=number, t=text: (
                    [p.content for p in discord.posts(channel)][n - 1 :] == [f"echo: {t}"]
                )
            )

        assert ["one", "echo: one", "two"] == [text_of(item) for item in script.requests[-1][1]]

        reply = await discord.slash("200000000000000001", channel, "reset")
        await discord.say("200000000000000001", channel, "three")
        await discord.until(lambda: len(discord.posts(channel)) == 3)

        assert reply.ephemeral
        assert ["three"] == [text_of(item) for item in script.requests[-1][1]]
