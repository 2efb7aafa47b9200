"""Two people with files in one channel: whatever the order of events, nothing of one reaches the other."""

from __future__ import annotations

import asyncio
import base64
import json
import random
from collections.abc import Mapping
from typing import Any

import pytest

from standins.openai import OpenAIStandin
from standins.script.script import Cite, Hosted, Item, Part, Say
from tests import samples
from tests.both.chats import Chat, Sent, answered, files, texts

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
        """Whose mark is in it."""
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
        """Whose documents are in each store."""
        stores = self._openai.stores.all.values()
        return [{self.owner(entry.file.content) for entry in store.entries.values()} for store in stores]

    def containers(self) -> list[set[str]]:
        """Whose files are in each container."""
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
    """Who is answered by a request."""
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
            await chat.until(lambda: texts(chat, asked[-1][1]))
        await asyncio.sleep(chance.random() * 0.02)
    return asked


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("tools", [(), ({"type": "code_interpreter"},)], ids=["search", "code"])
async def test_nothing_mixes(chat, spool, openai, script, office, seed, tools):
    """Requests, stores and containers of one never name the other; answers and files go to who asked."""
    chance, watch = random.Random(seed), Watch(openai)
    await office.hire(*tools, {"type": "file_search"})
    openai.transcripts = {
        sent(who, "ogg", number).content: f"{mark} {number}"
        for who, mark in MARK.items()
        for number in range(3)
    }
    script.otherwise = working if tools else lambda items: [working(list(items))[2]]
    async with spool():
        both = (write(chat, who, random.Random(chance.random())) for who in MARK)
        asked = [one for several in await asyncio.gather(*both) for one in several]
        for who, question in asked:
            await chat.until(lambda: f"For {who}." in "".join(texts(chat, question)))
            await answered(chat, question, files=len(tools))
        await office.over()

    requests = [request.body for request in openai.requests]
    assert len(asked) == len(requests)
    assert [] == [body for body in requests if not watch.of(body) <= {asker(body)}]
    assert set(MARK) == set().union(*map(watch.of, requests))
    assert all(len(owners) <= 1 for owners in watch.stores())
    assert all(len(owners) <= 1 for owners in watch.containers())
    assert 2 == len({body["safety_identifier"] for body in requests})
    for who, question in asked:
        assert {who} >= {watch.owner(content) for _, content in files(chat, question)}


async def test_a_new_conversation_has_none_of_the_old_files(chat, spool, openai, office):
    """After a reset nothing of before can be found, not even by the same person."""
    await office.hire({"type": "code_interpreter"}, {"type": "file_search"})
    async with spool():
        asked = await chat.ask("I am ann", sent("ann", "csv", 0), sent("ann", "docx", 0))
        await chat.until(lambda: texts(chat, asked))
        await office.over()
        reset = await chat.ask("reset")
        await chat.until(lambda: texts(chat, reset))
        again = await chat.ask("hello")
        await answered(chat, again, "echo: hello")

    assert {"ann"} == Watch(openai).of(openai.requests[0].body)
    assert set() == Watch(openai).of(openai.requests[-1].body)
