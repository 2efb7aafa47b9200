"""runs.summaries: summaries are made after answers, survive any death; long threads know what matters."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest

from core.policy.budget import Money
from core.runs.prompt.history import SUMMARY, WINDOWS
from core.runs.summaries import NOTHING, Held, told
from core.store import items
from core.store.facts import remember
from core.tools import Toolbox
from core.types import Earlier, Finished, ItemDone, ModelEvent, Prompt
from standins.script.script import Call, Fault, Hosted, Say
from standins.script.tokens import estimated_input, estimated_tokens
from tests.core.fakes import HERE
from tests.core.runs.notes import BUDGET, WHO, Notes, opened
from tests.core.served import again, assistant, killed, reborn, said, served, stored
from tests.core.whole import Core, core, rules
from tests.scripted_model import ScriptedModel


async def talk(spool: Core, first: int, last: int, *, text: str = "nothing new ") -> None:
    """So many turns; each waits for the answer, and for the summary that may follow it."""
    for number in range(first, last + 1):
        await spool.ask(str(number), f"{number}: " + text * 3)
        await spool.memory.finish()


async def summary(spool: Core) -> tuple[str, int]:
    """The text of the only summary, and whether more is due."""
    rows = await spool.rows("SELECT text, due > 0 FROM summaries")
    return rows[0] if rows else ("", 0)


async def until_due(spool: Core, script: Notes) -> None:
    """Talk until the model is asked for a summary, and hangs over it."""
    script.broken.append([Fault("hang")])
    number = 0
    while not script.summaries:
        number += 1
        await spool.ask(str(number), f"{number}: fact {number} is a{number} " + "word " * 20)
        if (await spool.rows("SELECT 1 FROM summaries WHERE due = 1")) or number > 50:
            break
    await script.news.until(lambda: script.summaries)


async def test_after_200_turns_the_first_fact_is_known(tmp_path):
    """Under a small budget, which no request exceeds; the originals are all still there."""
    async with opened(tmp_path) as (spool, script):
        await spool.ask("1", "Remember: fact 1 is blue")
        await talk(spool, 2, 200)
        assert [(400,)] == await spool.rows("SELECT COUNT(*) FROM items")
        assert [("completed", 200)] == await spool.rows("SELECT status, COUNT(*) FROM runs GROUP BY status")
        assert "fact 1 is blue" in (await summary(spool))[0]
    requests = script.asked()
    assert 200 == len(requests)
    assert "fact 1 is blue" in said(requests[-1])
    assert requests[-1][0]["content"].startswith(SUMMARY)
    assert max(weight(request) for request in requests) <= BUDGET
    assert 2 < len(script.summaries) < 100


def weight(request: list[Any]) -> int:
    """Tokens of a request as the server counts them."""
    return estimated_input("", request)


async def test_nothing_is_summarised_before_it_is_needed(tmp_path):
    """A short thread goes along whole, and costs no further request."""
    async with opened(tmp_path) as (spool, script):
        await talk(spool, 1, 4)
        assert ("", 0) == await summary(spool)
    assert [] == script.summaries
    assert 7 == len(script.asked()[-1])


async def test_no_turn_is_forgotten_before_it_is_summarised(tmp_path):
    """Every request has every fact, in its own words or in the summary's."""
    async with opened(tmp_path) as (spool, script):
        for number in range(1, 31):
            await talk(spool, number, number, text=f"fact {number} is a{number} ")
    for number, request in enumerate(script.asked(), 1):
        assert all(f"fact {one} is a{one}" in said(request) for one in range(1, number + 1))


async def test_an_answer_never_waits_for_a_summary(tmp_path):
    """While the summary is under way the next questions are answered."""
    async with opened(tmp_path) as (spool, script):
        await until_due(spool, script)
        await spool.ask("100", "Still there?")
        assert "echo: Still there?" == spool.platform.answers[-1]
        assert ("", 1) == await summary(spool)
    assert 1 == len(script.summaries)


async def test_a_death_while_it_is_summarised(tmp_path):
    """The next process makes it, without anybody having to ask."""
    async with opened(tmp_path) as (spool, script):
        await until_due(spool, script)
        before = await stored(spool)
        await reborn(spool, idle=False)
        await spool.memory.finish()
        text, due = await summary(spool)
        assert ("fact 1 is a1" in text, 0) == (True, due)
        assert before == await stored(spool)
    assert script.summaries[0] == script.summaries[1]


async def test_a_death_before_it_is_begun(tmp_path):
    """That it is due was committed together with the answer."""
    async with opened(tmp_path) as (spool, script):
        spool.lanes._due = lambda thread: None
        number = 0
        while not await spool.rows("SELECT 1 FROM summaries WHERE due = 1"):
            number += 1
            assert number < 50
            await talk(spool, number, number, text="fact 1 is blue ")
        await killed(spool)
        assert [] == script.summaries
        await again(spool)
        await spool.memory.finish()
        assert ("fact 1 is blue", 0) == await summary(spool)


async def test_a_death_after_it_was_written(tmp_path):
    """It is used, and not made again."""
    async with opened(tmp_path) as (spool, script):
        await talk(spool, 1, 20, text="fact 1 is blue ")
        made = len(script.summaries)
        assert made
        await reborn(spool, idle=False)
        await spool.memory.finish()
        await spool.ask("100", "And?")
    assert made == len(script.summaries)
    assert "fact 1 is blue" in said(script.asked()[-1][:1])


@pytest.mark.parametrize(
    "trouble",
    [
        [Fault("refuse", code="server_error")],
        [Say("half a su"), Fault("cut")],
        [Say("half a su"), Fault("incomplete", code="content_filter")],
        [Say("half a su"), Fault("failed")],
        [],
        [Say("half a su"), Fault("refuse")],  # a bug: nothing that the model may raise
    ],
)
async def test_a_summary_that_fails_changes_nothing(tmp_path, trouble):
    """What was remembered stays; the next answer tries again, and no money waits for the end of this one."""
    async with opened(tmp_path, money=Money(month=9.0)) as (spool, script):
        await talk(spool, 1, 20, text="fact 1 is blue ")
        before, made = await summary(spool), len(script.summaries)
        script.broken = [list(trouble)]
        for number in range(21, 60):
            if len(script.summaries) == made:
                await talk(spool, number, number)
        live = await spool.rows("SELECT 1 FROM reservations WHERE live = 1")
        assert ((before[0], 1), []) == (await summary(spool), live)
        await talk(spool, 61, 61)
        assert 0 == (await summary(spool))[1]
        assert "fact 1 is blue" in (await summary(spool))[0]


async def test_a_summary_that_was_cut_off_is_better_than_none(tmp_path):
    """The model wrote more than it may: what it wrote counts, and the thread goes on."""
    async with opened(tmp_path) as (spool, script):
        script.broken = [[Say("fact 1 is blue"), Fault("incomplete", code="max_output_tokens")]]
        await talk(spool, 1, 40)
        assert "fact 1 is blue" in (await summary(spool))[0]
    assert [] == script.broken


@pytest.mark.parametrize("text", ["long " * 5000, "긴 요약 " * 5000], ids=["english", "korean"])
async def test_a_summary_has_a_size(tmp_path, text):
    """A model that does not stop does not fill the requests with it."""
    async with opened(tmp_path, budget=4000) as (spool, script):
        script.broken = [[Say("fact 1 is blue " + text)] for _ in range(50)]
        await talk(spool, 1, 40, text="word " * 30)
        assert items.weigh((await summary(spool))[0]) <= 2000
    assert max(weight(request) for request in script.asked()) <= 4000
    assert len(script.summaries) < 15


async def test_requests_for_summaries_fit_too(tmp_path):
    """Also where one turn alone is larger than the room."""
    async with opened(tmp_path, budget=1000) as (spool, script):
        await talk(spool, 1, 5, text="fact 1 is blue ")
        await talk(spool, 6, 8, text="much " * 500)
        await talk(spool, 9, 12)
        assert "fact 1 is blue" in (await summary(spool))[0]
    assert script.summaries
    assert max(estimated_tokens(text) for text in script.summaries) <= 1000 * 5 // 4


@pytest.mark.parametrize("type", ["auto", "last_messages"])
async def test_only_who_wants_summaries_has_them(tmp_path, type):
    """The other strategies leave the oldest out."""
    how = {"type": type, **({"last_messages": 5} if type == "last_messages" else {})}
    async with opened(tmp_path, assistant=assistant(truncation_strategy=how)) as (spool, script):
        await talk(spool, 1, 40)
        assert [] == await spool.rows("SELECT * FROM summaries")
    assert [] == script.summaries
    assert max(weight(request) for request in script.asked()) <= BUDGET
    if type == "last_messages":
        assert 5 == max(len(request) for request in script.asked())


async def test_calls_and_results_are_in_the_summary(tmp_path):
    """What a tool found out is known when the turn is gone."""

    def find() -> str:
        """Find."""
        return "fact 9 is green"

    async with opened(tmp_path, Call("find"), "Found.", toolbox=Toolbox.of(find)) as (spool, script):
        await talk(spool, 1, 25)
        assert "fact 9 is green" in (await summary(spool))[0]
    assert "find" in script.summaries[0]


async def test_a_new_conversation_has_no_summary(tmp_path):
    """After a reset nothing older is known."""
    async with opened(tmp_path) as (spool, script):
        await talk(spool, 1, 20, text="fact 1 is blue ")
        await spool.say("50", kind="reset")
        await spool.ask("51", "What do you know?")
    assert ["user"] == [item["role"] for item in script.asked()[-1]]


async def test_two_people_have_summaries_of_their_own(tmp_path):
    """What one said is never in the other's."""
    async with opened(tmp_path) as (spool, _):
        for number in range(1, 41, 2):
            await spool.say(str(number), "fact 1 is blue " * 3, user="U1")
            await spool.ask(str(number + 1), "fact 2 is green " * 3, user="U2")
            await spool.memory.finish()
        texts = [text for (text,) in await spool.rows("SELECT text FROM summaries ORDER BY text")]
    assert ["fact 1 is blue", "fact 2 is green"] == texts


async def test_the_window_the_server_tells_is_the_budget(tmp_path):
    """A model with a small window is given less, whatever the settings say."""
    async with opened(tmp_path, budget=24_000) as (spool, script):
        await spool.db(lambda tx: remember(tx, WINDOWS, {"gpt-6-luna": 1200}))
        await talk(spool, 1, 30, text="fact 1 is blue ")
    assert max(weight(request) for request in script.asked()) <= 900
    assert "fact 1 is blue" in said(script.asked()[-1])


async def test_reported_tokens_put_the_estimate_right(tmp_path):
    """The stand-in counts about four characters a token, we three: more fits than we thought."""
    async with served(tmp_path, Notes(), assistant=WHO, policy=rules(budget=2000)) as (spool, _):
        await talk(spool, 1, 6, text="word " * 50)
        rows = await spool.rows("SELECT token_ratio FROM threads")
    assert 0.5 < rows[0][0] < 0.9


class Honest(ScriptedModel):
    """A model that counts tools as well, and says what a web search found is worth 5,000 tokens."""

    async def stream(self, prompt: Prompt, *, resume: str | None = None) -> AsyncGenerator[ModelEvent, None]:
        """See `core.ports.Model`."""
        more = estimated_tokens(json.dumps(prompt.tools))
        async with aclosing(super().stream(prompt, resume=resume)) as events:
            async for event in events:
                if isinstance(event, ItemDone) and event.item["type"] == "web_search_call":
                    more += 5000
                if isinstance(event, Finished) and event.usage:
                    event = replace(
                        event, usage={**event.usage, "input_tokens": event.usage["input_tokens"] + more}
                    )
                yield event


async def test_tools_do_not_spoil_the_estimate(tmp_path):
    """What many functions cost is not taken for the history's."""

    def made(number: int) -> Any:
        def look(place: str) -> str:
            return place

        look.__name__ = f"look_{number}"
        look.__doc__ = "Look at a place. " * 10
        return look

    box = Toolbox.of(*(made(number) for number in range(30)))
    async with core(tmp_path, Honest(Notes()), toolbox=box) as spool:
        await spool.ask("1", "Hi")
        rows = await spool.rows("SELECT token_ratio FROM threads")
    assert 0.5 <= rows[0][0] <= 1.1


async def test_what_hosted_tools_found_does_not_spoil_the_estimate(tmp_path):
    """It is in the reported tokens, and not in the history."""
    async with core(tmp_path, Honest(Notes([Hosted("web_search_call"), Say("Found.")]))) as spool:
        await spool.ask("1", "Search")
        assert [(None,)] == await spool.rows("SELECT token_ratio FROM threads")


async def test_memory_tells_what_is_held(tmp_path):
    """Nothing, all of it, or the oldest as a summary. `@bot memory` shows it in our own words, without the
    model, and as no part of the conversation.
    """
    async with opened(tmp_path) as (spool, script):
        assert NOTHING == await spool.inbox.memory(HERE, "U1")
        await talk(spool, 1, 2)
        whole = await spool.inbox.memory(HERE, "U1")
        assert whole is not None
        assert (4, 0, 4) == (whole.messages, whole.summarised, whole.kept)
        assert NOTHING == await spool.inbox.memory(HERE, "U2")
        await spool.ask("99", "memory", kind="memory")
        assert told(whole, "", "en") == spool.platform.answers[-1]
        assert (4, 2) == (len(await stored(spool)), len(script.requests))
        await talk(spool, 3, 40)
        found = await spool.inbox.memory(HERE, "U1")
        assert found is not None
        assert [(80, found.summarised)] == await spool.rows(f"SELECT {found.messages}, upto FROM summaries")


async def test_memory_does_not_boast(tmp_path):
    """An assistant that leaves the oldest out tells how much it still knows; large numbers can be read."""
    how = {"type": "last_messages", "last_messages": 5}
    async with opened(tmp_path, assistant=assistant(truncation_strategy=how)) as (spool, _):
        await talk(spool, 1, 10)
        held = await spool.inbox.memory(HERE, "U1")
    assert held is not None
    text = told(held, "en", "en")
    assert text.startswith("This conversation has 20 messages")
    assert "the newest 4 word for word" in text
    text = told(Held(1234, 56789, 0, 1234), "en", "en")
    assert "1,234" in text
    assert "56,789" in text


@pytest.mark.parametrize(("scope", "known"), [("user", False), ("topic", True)])
async def test_what_others_said_in_a_topic_is_summarised_for_that_topic_only(tmp_path, scope, known):
    """A summary is read wherever the memory is used: in other topics too, where memories are personal."""
    async with opened(tmp_path, scope=scope) as (spool, script):
        spool.platform.topic = [Earlier("0", "fake:0", "U9", "fact 99 is poison")]
        await spool.ask("1", "Look", inside_topic=True)
        spool.platform.topic = []
        await talk(spool, 2, 40)
    assert script.summaries
    assert known is ("poison" in "".join(script.summaries))
