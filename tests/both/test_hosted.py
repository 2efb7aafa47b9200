"""Tools of the model server: what people see of them, and the files they bring along."""

from __future__ import annotations

import base64

from standins.script.picture import png
from standins.script.script import Call, Cite, Hosted, Reason, Say
from tests.both.chats import Sent, answered, files, of_request, texts
from tests.slack.stage import Pause

CSV = b"month,rain\nMay,12\n"
PYTHON = {"type": "code_interpreter"}
LINK = Say("Here: [rain.csv](sandbox:/mnt/data/rain.csv)")
CITED = Cite({"type": "container_file_citation", "filename": "rain.csv"})


def produced(content: bytes = CSV) -> Hosted:
    """Code that leaves a table behind."""
    return Hosted("code_interpreter_call", {"code": "…"}, produces=[("rain.csv", content)])


async def test_web_search(chat, spool, script, office):
    """Seen while it searches; the answer's links stay, and nothing else does."""
    await office.hire({"type": "web_search"})
    script.enqueue(
        Hosted("web_search_call", seconds=0.3),
        Say("Rain, says [the office](https://weather.example/today)."),
        Cite({"type": "url_citation", "url": "https://weather.example/today", "title": "Today"}),
    )
    async with spool():
        asked = await chat.ask("what is the weather?")
        await chat.until(lambda: "Searching the web" in chat.seen(asked))
        await answered(chat, asked, "Rain, says [the office](https://weather.example/today).")
        await office.over()

    assert 1 == len(chat.posts(asked))
    assert "" == chat.doing(asked)
    assert [{"type": "web_search"}] == script.tools[0]


async def test_file_search_with_footnotes(chat, spool, script, office, openai):
    """Each document that was cited stands under the answer once, by its name."""
    kept = openai.files.add("rules.txt", "assistants", b"Dogs are allowed.")
    store = openai.stores.create("rules", [kept.id], None, {})
    await office.hire(
        {"type": "file_search"}, tool_resources={"file_search": {"vector_store_ids": [store.id]}}
    )
    cite = Cite({"type": "file_citation", "file_id": kept.id, "filename": "rules.txt"})
    script.enqueue(
        Hosted("file_search_call", {"queries": ["dogs"]}, seconds=0.3),
        Say("Yes."),
        cite,
        Say(" Really."),
        cite,
    )
    async with spool():
        asked = await chat.ask("may I bring my dog?")
        await chat.until(lambda: "Searching documents" in chat.seen(asked))
        await answered(chat, asked, "Yes. Really.\n\n📄 rules.txt")
        await office.over()

    (tool,) = script.tools[0]
    assert [store.id] == tool["vector_store_ids"]
    assert "" == chat.doing(asked)
    assert "📄" not in office.everything_of("items")


async def test_code_interpreter_makes_a_file(chat, spool, script, office):
    """Posted once as a file; in the text the link into the container is its plain name."""
    await office.hire(PYTHON)
    script.enqueue(Reason(), produced(), LINK, CITED)
    async with spool():
        asked = await chat.ask("make a table")
        await answered(chat, asked, "Here: rain.csv", files=1)
        await office.over()

    assert [("rain.csv", CSV)] == files(chat, asked)
    assert "sandbox:" not in office.everything_of("items")
    assert [(None,)] == office.rows("SELECT content FROM files")


async def test_a_file_cited_twice_is_posted_once(chat, spool, script, office):
    """Also when it is cited again after another response of the run."""
    office.tool("dice", '@tool\ndef dice() -> int:\n    "Throw one."\n    return 4\n')
    await office.hire(PYTHON, {"type": "function", "function": {"name": "dice"}})
    script.enqueue(produced(), LINK, CITED, CITED, Call("dice"))
    script.enqueue("Done.")
    async with spool():
        asked = await chat.ask("make a table")
        await answered(chat, asked, "Here: rain.csv\n\nDone.", files=1)
        await office.over()

    assert [("rain.csv", CSV)] == files(chat, asked)


async def test_a_restart_before_the_file_is_posted(chat, spool, script, office, openai):
    """Its bytes are kept before the answer is shown: the next process posts it, though the container died."""
    await office.hire(PYTHON)
    waiting = Pause()
    script.enqueue(produced(), LINK, CITED, lambda _: waiting)
    async with spool():
        asked = await chat.ask("make a table")
        await chat.until(lambda: "Here:" in "".join(texts(chat, asked)))
        await chat.hold_uploads(30)
        waiting.end()
        await answered(chat, asked, "Here: rain.csv")
    await chat.hold_uploads(0)
    for container in openai.containers.all:
        openai.containers.expire(container)
    async with spool():
        await answered(chat, asked, "Here: rain.csv", files=1)
        await office.over()

    assert [("rain.csv", CSV)] == files(chat, asked)
    assert ["Here: rain.csv"] == texts(chat, asked)
    assert 1 == len(script.requests)


async def test_a_file_that_is_gone_is_said(chat, spool, script, office, openai):
    """The container ended before the file could be fetched: an honest line, no broken answer."""
    await office.hire(PYTHON)
    script.enqueue(produced(), LINK, CITED)
    openai.fail("GET /containers/*/content", status=404, times=50)
    async with spool():
        asked = await chat.ask("make a table")
        await chat.until(lambda: "could not fetch" in "".join(texts(chat, asked)))
        await office.over()

    (text,) = texts(chat, asked)
    assert text.startswith("Here: rain.csv\n\n")
    assert [] == files(chat, asked)


async def test_image_generation(chat, spool, script, office, openai):
    """The picture is posted as a file; neither the thread nor any later request has its base64."""
    await office.hire({"type": "image_generation"})
    script.enqueue(Hosted("image_generation_call", seconds=0.3), "A red square.")
    async with spool():
        asked = await chat.ask("draw a red square")
        await chat.until(lambda: "Drawing a picture" in chat.seen(asked))
        await answered(chat, asked, "A red square.", files=1)
        await office.over()
        again = await chat.ask("thanks")
        await answered(chat, again, "echo: thanks")
        await office.over()

    ((name, content),) = files(chat, asked)
    assert (".png", png()) == (name[-4:], content)
    encoded = base64.b64encode(png()).decode()
    assert encoded not in office.everything()
    assert "base64" not in office.everything()
    assert encoded not in str(openai.requests[-1].body)
    assert "" == chat.doing(asked)


async def test_a_picture_without_a_word(chat, spool, script, office):
    """Is an answer as well."""
    await office.hire({"type": "image_generation"})
    script.enqueue(Hosted("image_generation_call"))
    async with spool():
        asked = await chat.ask("draw")
        await answered(chat, asked, files=1)
        await office.over()

    assert 1 == len(files(chat, asked))
    assert "" == "".join(texts(chat, asked))
    assert [("completed",)] == office.rows("SELECT status FROM runs")


async def test_stopping_a_tool_leaves_no_trace_of_it(chat, spool, script, office):
    """The person says stop while code runs: what was said stays, with our note, and no task."""
    await office.hire(PYTHON)
    waiting = Pause()
    script.enqueue("Let me count.", Hosted("code_interpreter_call"), lambda _: waiting)
    async with spool():
        asked = await chat.ask("count to a million")
        await chat.until(lambda: "Let me count." in "".join(texts(chat, asked)))
        await chat.stop(asked)
        await answered(chat, asked, "Let me count.\n\n⏹ Stopped.")
        await office.over()
        waiting.end()

    assert "" == chat.doing(asked)


async def test_what_people_send_and_what_code_makes(chat, spool, script, office, openai):
    """The container has the person's table; what code makes of it comes back."""
    await office.hire(PYTHON)
    script.enqueue(produced(b"sum\n3\n"), LINK, CITED)
    async with spool():
        asked = await chat.ask("sum up", Sent("in.csv", b"a\n1\n2\n"))
        await answered(chat, asked, "Here: rain.csv", files=1)
        await office.over()

    (tool,) = of_request(openai.requests[0].body, "code_interpreter")
    (sent,) = tool["container"]["file_ids"]
    assert ("in.csv", b"a\n1\n2\n") == (openai.files.kept[sent].name, openai.files.kept[sent].content)
    assert [("rain.csv", b"sum\n3\n")] == files(chat, asked)
