"""Commands and buttons: starting over, choosing an assistant, what an older bot left behind."""

from __future__ import annotations

import pytest

from core.texts import ended, text
from standins.discord import DiscordStandin, Post
from tests.discord.conversation import exchange, mention
from tests.discord.people import ANN, BOB, ROOM
from tests.registered import register

PUT = ("PUT", "/applications/{application}/commands")


def asked_to_sync(discord: DiscordStandin) -> int:
    return sum(call.method == "PUT" and call.path.endswith("/commands") for call in discord.calls)


async def test_the_tree_is_sent_once_in_its_life(discord, product):
    """Restarts, reconnects and new sessions send nothing: 200 creations a day are all there are."""
    for _ in range(3):
        async with product():
            await discord.until(lambda: discord.commands)
            await exchange(discord, ANN, ROOM, "hello")
            await discord.cut()
            await exchange(discord, ANN, ROOM, "hello again")
        discord.expire_sessions()

    assert (1, 1) == (discord.command_syncs, asked_to_sync(discord))


@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 400, "code": 30034}], ids=str)
async def test_a_failed_sync_stops_nothing_and_is_made_up_for(discord, product, fault):
    """Messages are answered meanwhile; the next start sends the tree again, with success once."""
    discord.fail(*PUT, times=1 if fault["status"] == 500 else 99, **fault)
    async with product():
        await exchange(discord, ANN, ROOM, "hello")
        await discord.until(lambda: asked_to_sync(discord) >= 1)
    discord.heal()
    for _ in range(2):
        async with product():
            await exchange(discord, ANN, ROOM, "hello")
            await discord.until(lambda: discord.commands)

    assert 1 == discord.command_syncs


async def test_a_slow_sync_delays_no_answer(discord, product):
    discord.delay(*PUT, 4.0)
    async with product():
        await exchange(discord, ANN, ROOM, "hello", timeout=2)


async def test_the_commands_are_offered_with_their_option(discord, product):
    """In servers and in direct messages; the name may be left out."""
    async with product():
        await discord.until(lambda: len(discord.commands) > 6)
        memory = await discord.slash(ANN, ROOM, "memory")

    assert (text("memory_empty", "en"), True) == (memory.text, memory.ephemeral)
    options = {command["name"]: command.get("options") or [] for command in discord.commands}
    assert ([], []) == (options["reset"], options["memory"])
    for command in discord.commands:
        assert command["contexts"] is None or {0, 1} <= set(command["contexts"])
        assert (True, command["type"] == 1) == (
            0 in command["integration_types"],
            bool(command["description"]),
        )
    assert [("name", 3, False)] == [
        (option["name"], option["type"], option.get("required", False)) for option in options["assistant"]
    ]


@pytest.mark.parametrize("inside", [False, True], ids=["channel", "thread"])
async def test_admins_switch_the_assistant(discord, product, script, tmp_path, inside):
    """Of a channel and its threads, or of one thread; from the next message on."""
    thread = discord.add_thread(ROOM)
    async with product(admins=(ANN,)):
        await register(tmp_path / "data", "Moritz")
        await discord.until(lambda: discord.commands)
        await discord.slash(ANN, thread if inside else ROOM, "assistant", options={"name": "moritz"})
        for place in (ROOM, thread):
            await exchange(discord, BOB, place, f"hello {place}")
        reply = await discord.slash(BOB, thread, "assistant")

    assert "Moritz" in reply.text.split("\n")[0]
    assert [not inside, True] == [instructions.startswith("Moritz") for instructions, _ in script.requests]


COMMAND, BUTTON, AUTOCOMPLETE, FORM = 2, 3, 4, 5
LEFT_BEHIND = [
    (COMMAND, {"name": "imagine", "type": 1}),
    (COMMAND, {"name": "reset", "type": 3, "target_id": "1"}),
    (COMMAND, {}),
    (BUTTON, {"custom_id": "retry:7", "component_type": 2}),
    (BUTTON, {"component_type": 3}),
    (FORM, {"custom_id": "feedback", "components": []}),
]


async def test_what_an_older_bot_left_behind_is_answered(discord, product, script):
    """For the person alone: without an answer Discord says that the application does not respond."""
    async with product():
        replies = [
            await discord.stale(ANN, place, kind, data)
            for kind, data in LEFT_BEHIND
            for place in (ROOM, discord.dm(ANN))
        ]
        typed = await discord.stale(ANN, ROOM, AUTOCOMPLETE, {"name": "imagine", "type": 1, "options": []})

    assert {(text("stale", "en"), True)} == {(reply.text, reply.ephemeral) for reply in replies}
    assert (8, False) == (typed.kind, typed.failed), "an autocomplete takes nothing but a list"
    assert [] == script.asked


@pytest.mark.parametrize("scope", ["user", "person-topic"])
@pytest.mark.parametrize("place", ["direct", "thread"])
async def test_reset_forgets(discord, product, script, place, scope):
    """And says what; a channel is a topic in Discord, so that both scopes are one there."""
    channel = {"direct": discord.dm(ANN), "thread": discord.add_thread(ROOM)}[place]
    async with product(thread_scope=scope):
        await exchange(discord, ANN, channel, "one")
        reply = await discord.slash(ANN, channel, "reset")
        await exchange(discord, ANN, channel, "two")

    assert (ended(place, "en"), True, False) == (reply.text, reply.ephemeral, reply.failed)
    assert reply.acked_after is not None
    assert reply.acked_after < 1.0
    assert [["one"], ["two"]] == script.asked


@pytest.mark.parametrize(("locale", "language", "spoken"), [("ko", "en", "ko"), ("fr", "ko", "ko")])
async def test_the_confirmation_speaks_the_persons_language(discord, product, locale, language, spoken):
    """Discord tells their locale with a command; LANGUAGE is for locales that are not ours."""
    async with product(language=language):
        reply = await discord.slash(ANN, ROOM, "reset", locale=locale)

    assert ended("channel", spoken) == reply.text


async def test_a_topics_reset_is_everybodys(discord, product, script):
    """Topic scope: on Discord the channel is the topic, so /reset knows which one is meant."""
    async with product(thread_scope="topic"):
        await exchange(discord, ANN, ROOM, "a1")
        reply = await discord.slash(BOB, ROOM, "reset")
        await exchange(discord, ANN, ROOM, "a2")

    assert ended("shared_channel", "en") == reply.text
    assert 1 == len(script.asked[-1])


async def test_buttons_under_an_answer_stand_under_its_last_post(discord, product, script):
    """With the edit that ends it, in place of the one that stops it; until there is a newer one."""
    script.enqueue("word " * 600)
    async with product(answer_buttons=True):
        await mention(discord, ANN, "a long one")
        await discord.until(
            lambda: len(discord.posts(ROOM)) == 2 and labels(discord.posts(ROOM)[1])[:1] == ["Regenerate"]
        )
        first, last = discord.posts(ROOM)
        assert ([], ["Regenerate", "Shorter"]) == (labels(first), labels(last))
        await exchange(discord, ANN, ROOM, "another one")
        await discord.until(lambda: not labels(discord.posts(ROOM)[1]))

    assert [[], [], ["Regenerate", "Shorter"]] == [labels(post) for post in discord.posts(ROOM)]
    assert last.content == discord.posts(ROOM)[1].content


def labels(post: Post) -> list[str]:
    """What can be pressed under a post."""
    return [one["label"] for row in post.components for one in row["components"]]
