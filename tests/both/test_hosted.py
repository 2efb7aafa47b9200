"""Tools of the model server: what people see of them, and the files they bring along."""

from __future__ import annotations

import base64

import pytest

from standins.script.picture import png
from standins.script.script import Call, Cite, Hosted, Reason, Say
from tests.both.chats import Answer, Chat, Sent
from tests.both.office import DICE
from tests.both.requests import making, of_request
from tests.slack.stage import Pause

CSV = b"month,rain\nMay,12\n"
PYTHON = {"type": "code_interpreter"}
LARGE = b"x" * (10 * 2**20 + 1)


async def shown(chat: Chat, question: str, activity: str) -> Answer:
    """The answer; that activity was seen before, and nothing of it is left."""
    asked = await chat.ask(question)
    await chat.until(lambda: activity in chat.doing(asked, ever=True))
    answer = await chat.answer(asked)
    assert "" == chat.doing(asked)
    return answer


async def test_the_web_is_searched(chat, spool, script, office, openai):
    """Links of the answer say where they lead, and nothing else stays."""
    await office.hire({"type": "web_search"})
    link = "https://weather.example/today"
    script.enqueue(
        Hosted("web_search_call", seconds=0.3),
        Say(f"Rain, says [the office]({link})."),
        Cite({"type": "url_citation", "url": link, "title": "Today"}),
    )
    async with spool():
        answer = await shown(chat, "what is the weather?", "Searching the web")

    assert "Rain, says the office (weather.example/today)." == answer.text
    assert 1 == len(chat.posts(answer.question))
    assert {"type": "web_search"} == script.tools[0][-1]


async def test_documents_are_searched(chat, spool, script, office, openai):
    """Each document that was cited stands under the answer once, by its name."""
    kept = openai.files.add("rules.txt", "assistants", b"Dogs are allowed.")
    store = openai.stores.create("rules", [kept.id], None, {})
    await office.hire(
        {"type": "file_search"}, tool_resources={"file_search": {"vector_store_ids": [store.id]}}
    )
    cite = Cite({"type": "file_citation", "file_id": kept.id, "filename": "rules.txt"})
    search = Hosted("file_search_call", {"queries": ["dogs"]}, seconds=0.3)
    script.enqueue(search, Say("Yes."), cite, Say(" Really."), cite)
    async with spool():
        answer = await shown(chat, "may I bring my dog?", "Searching documents")

    assert "Yes. Really.\n\n📄 rules.txt" == answer.text
    assert [store.id] == of_request(openai.requests[0].body, "file_search")[0]["vector_store_ids"]
    assert "📄" not in office.everything("items")


async def test_code_makes_files(chat, spool, script, office, openai):
    """Posted once each, under the text, in order, with what people sent in reach; links become names."""
    office.tool("dice", DICE)
    await office.hire(PYTHON, "dice")
    cited = Cite({"type": "container_file_citation", "filename": "first.bin"})
    script.enqueue(Reason(), *making(first=b"1", second=b"2"), cited, Call("dice"))
    script.enqueue("Done.")
    async with spool():
        answer = await chat.talk("make a table", Sent("in.csv", CSV))
        again = await chat.talk("thanks")

    assert "first.bin second.bin \n\nDone." == answer.text
    assert [("first.bin", b"1"), ("second.bin", b"2")] == answer.files
    assert [0, 1, 1] == [len(post.files) for post in chat.posts(answer.question)]
    assert [] == again.files
    assert "sandbox:" not in office.everything("items")
    assert {(None,)} == set(office.rows("SELECT content FROM files"))
    (sent,) = of_request(openai.requests[0].body, "code_interpreter")[0]["container"]["file_ids"]
    assert ("in.csv", CSV) == (openai.files.kept[sent].name, openai.files.kept[sent].content)


async def test_a_picture_is_drawn(chat, spool, script, office, openai):
    """Posted as a file, also without a word; neither the thread nor any later request has its base64."""
    await office.hire({"type": "image_generation"})
    script.enqueue(Hosted("image_generation_call", seconds=0.3))
    async with spool():
        answer = await shown(chat, "draw a red square", "Drawing a picture")
        again = await chat.talk("thanks")

    ((name, content),) = answer.files
    assert (".png", png()) == (name[-4:], content)
    assert ("", "echo: thanks") == (answer.text, again.text)
    assert "base64" not in office.everything()
    assert base64.b64encode(png()).decode() not in office.everything() + str(openai.requests[-1].body)


async def test_a_tool_gives_a_file_of_any_name(chat, spool, script, office, openai):
    """The model is told its name, and not its bytes; it pings nobody (`unseemly` looks at every post)."""
    source = '@tool\ndef report() -> FileResult:\n    "Make it."\n    return FileResult(NAME, "Friday")\n'
    office.tool("report", source + 'NAME = "<!channel> @everyone.csv"\n')
    script.enqueue(Call("report"))
    script.enqueue("Here.")
    async with spool():
        answer = await chat.talk("the report, please")

    assert ("Here.", [b"Friday"]) == (answer.text, [content for _, content in answer.files])
    assert "everyone.csv" in str(openai.requests[-1].body["input"])
    assert "Friday" not in str(openai.requests[-1].body["input"])


async def test_a_restart_before_the_file_is_posted(chat, spool, script, office, openai):
    """Its bytes are kept before the answer is shown: the next process posts it, though the container died."""
    await office.hire(PYTHON)
    waiting = Pause()
    script.enqueue(*making(rain=CSV), lambda _: waiting)
    async with spool():
        asked = await chat.ask("make a table")
        await chat.says(asked, "rain.bin")
        chat.delay("upload", 30)
        waiting.end()
        await chat.until(lambda: not any(post.live for post in chat.posts(asked)))
    chat.delay("upload", 0)
    for container in openai.containers.all:
        openai.containers.expire(container)
    async with spool():
        answer = await chat.answer(asked)

    assert ("rain.bin", [("rain.bin", CSV)]) == (answer.text.strip(), answer.files)
    assert 1 == len(script.requests)


async def test_a_network_that_takes_no_files(chat, spool, script, office):
    """The answer stands; under it what the operator has to change."""
    await office.hire(PYTHON)
    waiting = Pause()
    made, name, cited = making(a=b"1")
    script.enqueue(made, name, lambda _: waiting, cited)
    async with spool():
        asked = await chat.ask("make it")
        await chat.says(asked, "a.bin")
        if chat.name == "slack":
            chat.standin.scopes.discard("files:write")
        else:
            chat.standin.fail("POST", "/channels/{channel}/messages", status=403, code=50013, times=9)
        waiting.end()
        answer = await chat.answer(asked)

    assert answer.text.startswith("a.bin")
    assert "could not be posted here" in answer.text
    assert [] == answer.files
    assert [("completed",)] == office.rows("SELECT status FROM runs")


async def test_large_files(chat, spool, script, office):
    """Slack takes them byte by byte; for Discord they are named with its limit, the others are posted."""
    await office.hire(PYTHON)
    script.enqueue(*making(big=LARGE, small=b"small"))
    async with spool():
        answer = await chat.talk("make both")

    small = ("small.bin", b"small")
    if chat.name == "slack":
        assert [("big.bin", True), ("small.bin", False)] == [
            (name, data == LARGE) for name, data in answer.files
        ]
    else:
        assert [small] == answer.files
        assert "big.bin" in answer.text.split("\n")[-1]
        assert "limit 10 MB" in answer.text.split("\n")[-1]


@pytest.mark.parametrize("chat", ["discord"], indirect=True)
async def test_a_second_attempt_has_all_the_bytes(chat, spool, script, office):
    """Discord fails once; what its SDK sends then is the whole file, and it stands there once."""
    await office.hire(PYTHON)
    waiting = Pause()
    made, name, cited = making(a=LARGE[: 2**21])
    script.enqueue(made, name, lambda _: waiting, cited)
    async with spool():
        asked = await chat.ask("make it")
        await chat.says(asked, "a.bin")
        chat.standin.fail("POST", "/channels/{channel}/messages", status=502)
        waiting.end()
        answer = await chat.answer(asked)

    assert [LARGE[: 2**21]] == [content for _, content in answer.files]
