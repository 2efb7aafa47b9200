"""Two people with files in one channel: nothing of one reaches the other, except where they share a topic."""

from __future__ import annotations

import asyncio
import base64
import json
import random
from collections.abc import Mapping
from typing import Any

import pytest

from standins.openai import OpenAIStandin
from standins.script.script import Call, Cite, Hosted, Item, Part, Say, outputs
from tests import samples
from tests.both.chats import NO, YES, Chat, Sent
from tests.both.networks import DiscordChat, SlackChat
from tests.both.office import BOOK
from tests.both.requests import of_request, parts, words
from tests.slack.stage import Pause

MARK = {"ann": "ANNS-SECRET", "bob": "BOBS-SECRET"}


def sent(who: str, kind: str, number: int) -> Sent:
    """A file with its owner's mark inside; both people call theirs the same."""
    mark = f"{MARK[who]} {number}".encode()
    contents = {
        "png": samples.png() + mark,
        "pdf": samples.PDF + b"%" + mark,
        "txt": mark,
        "csv": b"secret\n" + mark + b"\n",
        "docx": samples.office("docx") + mark,
        "ogg": samples.ogg() + mark,
    }
    return Sent(f"same.{kind}", contents[kind], voice=kind == "ogg")


class Watch:
    """What is whose, at the model server and in the chat."""

    def __init__(self, openai: OpenAIStandin) -> None:
        self._openai = openai

    def owner(self, content: bytes) -> str:
        return next(who for who, mark in MARK.items() if mark.encode() in content)

    def of(self, body: Mapping[str, Any]) -> set[str]:
        """Whose things a request mentions: marks, also in base64, files and stores by their ids."""
        found = set()
        text = json.dumps(body)
        for id, file in self._openai.files.kept.items():
            if id in text:
                found.add(self.owner(file.content))
        for id, store in self._openai.stores.all.items():
            if id in text:
                found |= {self.owner(entry.file.content) for entry in store.entries.values()}
        seen = [text.encode(), *(base64.b64decode(part.split('"')[0]) for part in text.split("base64,")[1:])]
        for one in seen:
            found |= {who for who, mark in MARK.items() if mark.encode() in one}
        return found

    def stores(self) -> list[set[str]]:
        stores = self._openai.stores.all.values()
        return [{self.owner(entry.file.content) for entry in store.entries.values()} for store in stores]

    def containers(self) -> list[set[str]]:
        found = [
            {self.owner(file.content) for file in container.files.values() if file.source == "user"}
            for container in self._openai.containers.all.values()
        ]
        return [owners for owners in found if owners]


def working(items: list[Item]) -> list[Part]:
    """The model runs code, leaves a file with what it was told, and says it."""
    said = json.dumps(items)
    who = "bob" if "I am bob" in said else "ann"
    content = f"{MARK[who]} made".encode()
    return [
        Hosted("file_search_call", {"queries": ["secret"]}),
        Hosted("code_interpreter_call", produces=[("made.txt", content)]),
        Say(f"For {who}."),
        Cite({"type": "container_file_citation", "filename": "made.txt"}),
    ]


def asker(body: Mapping[str, Any]) -> str:
    newest = json.dumps([item for item in body["input"] if item.get("role") == "user"][-1])
    return next(who for who in MARK if f"I am {who}" in newest)


async def write(chat: Chat, who: str, chance: random.Random) -> list[tuple[str, str]]:
    """One of them writes a few messages, some with files, without waiting for every answer."""
    person, asked = getattr(chat, who), []
    for number in range(chance.randint(2, 3)):
        kinds = chance.sample(["png", "pdf", "txt", "csv", "docx", "ogg"], chance.randint(0, 2))
        given = [sent(who, kind, number) for kind in kinds]
        asked.append((who, await chat.ask(f"I am {who}, message {number}", *given, person=person)))
        if chance.random() < 0.5:
            await chat.until(lambda: chat.said(asked[-1][1]))
        await asyncio.sleep(chance.random() * 0.02)
    return asked


@pytest.mark.promise("I4")
@pytest.mark.parametrize("code", [False, True], ids=["search", "code"])
async def test_nothing_mixes(chat, spool, openai, script, office, code):
    """Requests, stores and containers of one never name the other; answers and files go to who asked."""
    chance, watch = random.Random(int(code)), Watch(openai)
    await office.hire(*([{"type": "code_interpreter"}] if code else []), {"type": "file_search"})
    openai.transcripts = {
        sent(who, "ogg", number).content: f"{mark} {number}"
        for who, mark in MARK.items()
        for number in range(3)
    }
    script.otherwise = working if code else lambda items: [working(list(items))[2]]
    async with spool():
        both = (write(chat, who, random.Random(chance.random())) for who in MARK)
        asked = [one for several in await asyncio.gather(*both) for one in several]
        answers = [(who, await chat.answer(question)) for who, question in asked]

    requests = [request.body for request in openai.requests]
    assert len(asked) == len(requests)
    assert [] == [body for body in requests if not watch.of(body) <= {asker(body)}]
    assert set(MARK) == set().union(*map(watch.of, requests))
    assert all(len(owners) <= 1 for owners in watch.stores() + watch.containers())
    assert 2 == len({body["safety_identifier"] for body in requests})
    for who, answer in answers:
        assert f"For {who}." in answer.text
        assert [who] * code == [watch.owner(content) for _, content in answer.files]


async def test_a_new_conversation_has_none_of_the_old_files(chat, spool, openai, office):
    """After a reset nothing of before can be found, not even by the same person."""
    await office.hire({"type": "code_interpreter"}, {"type": "file_search"})
    async with spool():
        await chat.talk("I am ann", sent("ann", "csv", 0), sent("ann", "docx", 0))
        await chat.talk("reset")
        assert "echo: hello" == (await chat.talk("hello")).text

    assert {"ann"} == Watch(openai).of(openai.requests[0].body)
    assert set() == Watch(openai).of(openai.requests[-1].body)


async def test_a_topic_is_everybodys(discord, spool, office, script, openai):
    """Who shares the conversation shares its files; the model is told who sent what; who asked decides."""
    chat = DiscordChat(discord, office)
    office.tool("book", BOOK)
    async with spool(thread_scope="topic"):
        await chat.talk("look", sent("ann", "png", 0), sent("ann", "docx", 0))
        script.enqueue(Call("book", id="a"))
        script.enqueue(lambda items: outputs(items)["a"])
        asked = await chat.ask("book it")
        (question,) = await chat.asked(asked)
        other = await chat.ask("what is it?", person=chat.bob)
        await chat.press(question, NO, chat.bob, told="Only the person who asked")
        await chat.press(question, YES)
        assert "is booked" in (await chat.answer(asked)).text
        await chat.answer(other)

    body = openai.requests[-1].body
    assert 1 == len(parts(body, "input_image"))
    assert 1 == len(of_request(body, "file_search"))
    said = words(body).split("\n")
    assert {1} == {sum(line.endswith(text) for line in said) for text in (": look", ": what is it?")}


async def test_messages_that_are_answered_together(chat, spool, office, script, openai):
    """What was sent while an answer was made is one question with all its files, in their order."""
    waiting = Pause()
    script.enqueue("One.", lambda _: waiting)
    async with spool(while_busy="collect"):
        first = await chat.ask("first")
        await chat.until(lambda: openai.requests)
        if isinstance(chat, SlackChat):
            chat.root = first
        more = [await chat.ask(text, Sent(f"{text}.txt", b"x")) for text in ("second", "third")]
        await chat.until(lambda: len(office.rows("SELECT id FROM messages")) == 3)
        waiting.end()
        assert "third" in (await chat.answer(more[-1])).text

    assert 2 == len(openai.requests)
    said = words(openai.requests[1].body)
    places = [said.index(word) for word in ("second", "[File second.txt]", "third", "[File third.txt]")]
    assert sorted(places) == places
