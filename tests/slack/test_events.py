"""What is read of Slack's messages, in every shape they come in; and payloads nobody should ever send."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bots.intake.said import Said
from bots.slack.reading.events import Us, read
from core.types import Earlier
from standins.slack import SlackStandin
from standins.slack.deliveries import Answer
from standins.slack.richtext import blocks_of
from tests.slack.conversation import all_heard, exchange, texts, workspace

FOLDER = Path(__file__).parents[1] / "events" / "slack"
RECORDED = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))}
EVENTS = {name: case for name, case in RECORDED.items() if "asked" in case}
QUESTIONS = {name: case for name, case in RECORDED.items() if "kind" in case}
ME = "U0BOT00001"
BOT = f"<@{ME}>"
US = Us(ME, "T0TEAM0001")
NAMES = {"$ROOT": "1763700000.000100", "$TS": "1763800000.000100", "$NOW": "1763900000.000100"}


def asking(*events: Any) -> dict[str, Said]:
    """What of these is for us beyond doubt, by its ts: `message` and `app_mention` tell the same."""
    told = [read(event, US) for event in events if event.get("type") in ("message", "app_mention")]
    return {said.id: said for said in told if said and said.concerns_us and said.to == "us"}


def heard(text: str, blocks: object = None, **more: Any) -> Said:
    """A person's message in a channel with this text, or with these blocks."""
    event = {"type": "message", "user": "U1", "channel": "C1", "ts": NAMES["$TS"], "text": text}
    said = read({**event, "blocks": blocks, **more}, US)
    assert said is not None
    return said


def both(text: str) -> tuple[Said, Said]:
    """A message as an old client sends it, and as the composer of a new one does."""
    return heard(text), heard(text, blocks_of(text, "b1"))


async def written(slack: SlackStandin, channel: str, messages: dict[str, str | None]) -> dict[str, str]:
    """The messages the events are about, so that they can be answered; placeholder → ts. No event is sent."""
    room = slack.add_channel(channel, ["U1", "U2"], kind={"G": "mpim"}.get(channel[0], ""))
    room.bot_in = False
    names = {"$NOW": f"{time.time():.6f}"}
    for name, root in messages.items():
        names[name] = await slack.say("U1", channel, "…", root and names[root])
        room.by_ts[names[name]].extra["subtype"] = "channel_join"  # so that only the event asks something
    room.bot_in = True
    return names


def filled(event: Any, names: dict[str, str]) -> Any:
    text = json.dumps(event)
    for name, value in names.items():
        text = text.replace(f'"{name}"', f'"{value}"')
    return json.loads(text)


@pytest.mark.parametrize("name", EVENTS)
def test_a_recorded_event(name):
    case = EVENTS[name]
    said = asking(*filled(case["events"], NAMES))

    assert len(case["asked"]) == len(said)
    for expected, one in zip(case["asked"], said.values(), strict=True):
        assert (expected[1:] in one.text) if expected.startswith("~") else (expected == one.text)
        assert ("ask", bool(expected or one.files)) == (one.kind, True)
        assert (NAMES[case.get("thread", "$TS")], case.get("channel", "C1")) == (
            one.address.topic,
            one.address.channel,
        )


@pytest.mark.parametrize(
    "text",
    [
        *(f"{BOT} hello", f"hello {BOT}", f"hello {BOT} there", f"{BOT}, hello", f"hello\n{BOT}"),
        *(f"see `{BOT}` {BOT}", f"&gt; quoted\n{BOT} hello", f"*{BOT}* hello", f"<@{ME}|assistant> hello"),
    ],
)
def test_a_mention_anywhere_in_the_text_counts(text):
    assert ["us", "us"] == [said.to for said in both(text)]


@pytest.mark.parametrize(
    "text",
    [
        *(f"`{BOT}` is its id", f"```\n{BOT} hello\n```", f"```{BOT}```", f"&gt; {BOT} hello"),
        *(f"&gt; a\n&gt; {BOT} b", f"&lt;@{ME}&gt; hello", "@assistant hello", f"{ME} hello"),
    ],
)
def test_what_only_looks_like_a_mention_does_not_count(text):
    assert ["others", "others"] == [said.to for said in both(text)]
    assert "others" == heard(text, type="app_mention", thread_ts=NAMES["$ROOT"]).to
    assert "perhaps" == heard(text, thread_ts=NAMES["$ROOT"]).to


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("hello", "hello"),
        ("is a &lt; b &amp;&amp; c &gt; d?", "is a < b && c > d?"),
        ("&amp;lt; stays an entity", "&lt; stays an entity"),
        ("first\nsecond\n\nfourth", "first\nsecond\n\nfourth"),
        ("<https://example.com/a?b=1&amp;c=2>", "https://example.com/a?b=1&c=2"),
        ("see <https://example.com/x|the page>", "see the page (https://example.com/x)"),
        ("see <https://example.com|https://example.com>", "see https://example.com"),
        ("greet <@U2> and <!here> in <#C2>", "greet @U2 and @here in #C2"),
        ("안녕하세요 👋🏽", "안녕하세요 👋🏽"),
        ("  spaces around  ", "spaces around"),
        ("what is `x &lt; y`?", "what is `x < y`?"),
        ("why?\n```\ndef f():\n    return a &lt; b\n```", "why?\n```\ndef f():\n    return a < b\n```"),
        ("one\x00\u202etwo", "onetwo"),
        (" ".join(f"word{number}" for number in range(4000)),) * 2,
    ],
)
def test_text_comes_as_it_was_typed(text, plain):
    """Entities undone exactly once, lines kept, the bot's mention gone; from blocks or from text."""
    assert [plain, plain] == [said.text for said in both(f"{BOT} {text}")]


def test_the_words_around_a_mention_stay():
    """Also in the middle of a sentence, and in a direct message; a quote before it does, too."""
    assert [["tell", "me", "a", "joke"]] * 2 == [said.text.split() for said in both(f"tell me {BOT} a joke")]
    assert "tell me" == heard(f"tell me {BOT}", channel="D1").text
    assert "> the sky is green\n true?" == both(f"&gt; the sky is green\n{BOT} true?")[1].text


def words(text: str, **style: bool) -> dict[str, Any]:
    return {"type": "text", "text": text} | ({"style": style} if style else {})


def section(*inner: dict[str, Any], **how: Any) -> dict[str, Any]:
    return {"type": "rich_text_section", "elements": list(inner), **how}


def rich(*elements: dict[str, Any]) -> str:
    """What is read of rich text blocks with these elements."""
    return heard("as text", [{"type": "rich_text", "block_id": "b1", "elements": list(elements)}]).text


@pytest.mark.parametrize(
    ("element", "plain"),
    [
        ({"type": "emoji", "name": "wave", "unicode": "1f44b"}, "👋"),
        ({"type": "emoji", "name": "our-logo"}, ":our-logo:"),
        ({"type": "broadcast", "range": "here"}, "@here"),
        ({"type": "usergroup", "usergroup_id": "S0GROUP"}, "@S0GROUP"),
        ({"type": "color", "value": "#aabbcc"}, "#aabbcc"),
        ({"type": "date", "timestamp": 1700000000, "format": "{date}", "fallback": "a day"}, "a day"),
        (words("bold", bold=True, italic=True), "bold"),
        ({"type": "something_new", "text": "new words"}, "new words"),
        ({"type": "something_new", "elements": [words("new"), words(" words")]}, "new words"),
    ],
)
def test_every_kind_of_element_is_readable(element, plain):
    assert f"so {plain} end" == rich(section(words("so "), element, words(" end")))


@pytest.mark.parametrize(("style", "lines"), [("bullet", "- wash\n- dry"), ("ordered", "1. wash\n2. dry")])
@pytest.mark.parametrize(
    ("odd", "before"), [({}, ""), ({"indent": 1}, "  "), ({"indent": "x", "offset": []}, "")]
)
def test_lists_keep_their_items_in_lines(style, lines, odd, before):
    items = [section(words("wash")), section(words("dry"))]
    said = rich(section(words("plan:")), section(*items, type="rich_text_list", style=style, **odd))

    assert "plan:\n" + "\n".join(before + line for line in lines.splitlines()) == said


def test_blocks_that_are_not_rich_text_fall_back_to_the_text():
    other = [{"type": "section", "block_id": "b1", "text": {"type": "mrkdwn", "text": "card"}}]

    assert "hello" == heard(f"{BOT} hello", other).text


@pytest.mark.parametrize(
    ("more", "by"),
    [
        *(({}, "person"), ({"subtype": "file_share"}, "person"), ({"user": ME, "bot_id": "B1"}, "us")),
        *(({"bot_id": "B2"}, "other"), ({"user": None, "subtype": "bot_message"}, "other")),
        *(({"subtype": "channel_join"}, "other"), ({"user": "USLACKBOT"}, "other")),
        ({"hidden": True}, "other"),
    ],
)
def test_who_wrote_it(more, by):
    """Only people are answered; what anybody wrote may be context, ours as `you`."""
    said = heard(f"{BOT} hello", **more)
    speaker = {"us": "you"}.get(by, said.user or "bot")

    assert (by, by == "person") == (said.by, said.concerns_us)
    assert Earlier(said.id, "post", speaker, "hello", at=said.sent_at) == said.earlier("post")


def test_the_shapes_of_one_message():
    """In a thread, in a history that tells no channel of its own, as the change of what it was."""
    reply = {"user": "U1", "ts": NAMES["$TS"], "thread_ts": NAMES["$ROOT"], "text": f"{BOT} hello"}
    place = {"channel": "C1", "channel_type": "channel"}
    live, found = read({"type": "message", **reply, **place}, US), read({**reply, **place}, US)
    changed = read({"type": "message", "subtype": "message_changed", "message": reply, **place}, US)

    assert live is not None
    assert changed is not None
    direct, root = (
        heard("hello", thread_ts=NAMES["$ROOT"], channel="D1"),
        heard("hello", thread_ts=NAMES["$TS"]),
    )
    assert [("us", False), ("others", False)] == [(said.to, said.inside) for said in (direct, root)]
    assert (live, replace(live, changed=True), None) == (found, changed, read(reply, US))
    assert (NAMES["$ROOT"], True, True, False) == (
        live.address.topic,
        *(live.inside, live.concerns_us, changed.concerns_us),
    )


@pytest.mark.parametrize(
    ("text", "files", "kind"),
    [
        *((BOT, None, "help"), (f"{BOT} \n{BOT}", None, "help"), (f"{BOT} :wave:", None, "ask")),
        *((BOT, [{"kind": "unheard of"}], "unreadable"), (f"{BOT} hello", [None], "ask")),
        *((f"{BOT} reset", None, "reset"), (f"{BOT} *Stop*!", None, "stop"), ("reset", None, "ask")),
    ],
)
def test_what_a_message_wants(text, files, kind):
    assert [kind, kind] == [heard(text, blocks, files=files).kind for blocks in (None, blocks_of(text, "b1"))]


@pytest.mark.parametrize("name", QUESTIONS)
async def test_a_recorded_command_or_shortcut(slack, product, script, name):
    case = QUESTIONS[name]
    heard: list[Answer] = []
    async with product():
        root = await exchange(slack, "U1", "C1", "one")
        names = {"$ROOT": root, "$TS": root, "$RESPONSE": f"{slack.base_url}/response/unknown"}
        slack.sockets.deliveries.ask(case["kind"], filled(case["payload"], names), heard.append)
        await slack.until(lambda: heard)
        await exchange(slack, "U1", "C1", "two")

    assert "" == heard[0].error
    assert ["two"] == script.asked[-1]


@workspace(retry_delays=(0.1,))
async def test_what_the_sdk_cannot_read_breaks_nothing(slack, product, script):
    names = await written(slack, "C1", {"$TS": None})
    sound = filled(EVENTS["mention_app_mention_only"]["events"][0], names)
    async with product():
        for event in RECORDED["hostile"]["beyond_the_sdk"]:
            await slack.deliver(filled(event, names))
        await slack.deliver(sound, authorizations=[None])
        await all_heard(slack)

    assert [] == texts(slack, "C1")


async def test_strange_envelopes_are_read_all_the_same(slack, product, script):
    """What stands around the event may be missing or odd: it stays one message."""
    names = await written(slack, "C1", {"$TS": None})
    event = filled(EVENTS["mention_app_mention_only"]["events"][0], names)
    strange: list[dict[str, Any]] = [
        *({"authorizations": None}, {"authorizations": []}, {"event_id": None}, {"event_time": "x"}),
        *({"is_ext_shared_channel": "x"}, {"context_team_id": 5}),
    ]
    async with product():
        for around in strange:
            await slack.deliver(event, **around)
        await all_heard(slack)

    assert [["what is 6 times 7?"]] == script.asked
