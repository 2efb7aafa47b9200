"""What a message of Slack says and what it points at, in the shapes that people and apps give it."""

from __future__ import annotations

import random
import time
from typing import Any

import pytest

from bots.intake.said import Said
from bots.slack.reading.events import Us, read
from core.types import Quote
from tests.slack.nonsense import damaged

TS = "1700000000.000100"
US = Us("U0BOT", "T1")


def told(text: str = "", channel: str = "D1", **more: Any) -> Said:
    """A message of a person, to us unless it stands in another channel."""
    event = {"type": "message", "user": "U1", "channel": channel, "ts": "1700000100.000100", "text": text}
    said = read({**event, **more}, US)
    assert said is not None
    return said


def app(text: str = "", **more: Any) -> Said:
    """A message of an app in a channel."""
    return told(text, "C1", **{"user": None, "subtype": "bot_message", "bot_id": "B77", **more})


def words(text: str, **style: bool) -> dict[str, Any]:
    return {"type": "text", "text": text, "style": style}


def named(kind: str, id: object) -> dict[str, Any]:
    return {"type": kind, f"{kind}_id": id}


def rich(*leaves: dict[str, Any]) -> dict[str, Any]:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(leaves)}]}


def section(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


def cells(*rows: str, type: str = "table") -> dict[str, Any]:
    """A table with such rows, cells apart by spaces; numbers are numbers."""
    return {"type": type, "rows": [[_cell(cell) for cell in row.split()] for row in rows]}


def _cell(text: str) -> dict[str, Any]:
    return (
        {"type": "raw_number", "value": int(text)} if text.isdigit() else {"type": "raw_text", "text": text}
    )


LINK = "https://t.slack.com/archives/C9/p1700000000000100"
BY_ANN = {"author_id": "U9", "author_name": "Ann", "ts": TS, "from_url": LINK}
SHARED = {"is_share": True, "is_msg_unfurl": True, **BY_ANN}
PASSED_ON = Quote("forward", "it failed", "Ann", float(TS))
FILE = {"id": "F1", "name": "n.txt", "url_private": "https://files.slack.com/n.txt"}
TABLE = "| Plan | Price |\n| --- | --- |\n| Pro | 1200 |"
PASTED = cells("Plan Price", "Pro 1200")
ALERT = "High error rate\n5xx over 12 %\nService: payments"
FIELDS = [{"title": "Service", "value": "payments"}]
CARD = {"title": "High error rate", "text": "5xx over 12 %", "fallback": "x", "fields": FIELDS}
NEWS = {"from_url": "https://e.com", "service_name": "E", "title": "News", "title_link": "https://e.com/1"}
BUTTONS = [
    {"type": "button", "text": words("Open"), "url": "https://e.com"},
    {"type": "button", "text": words("Mute")},
]


@pytest.mark.parametrize(
    ("attachment", "quote"),
    [
        ({**SHARED, "text": "it failed", "fallback": "Ann: it failed"}, PASSED_ON),
        ({**BY_ANN, "is_msg_unfurl": True, "text": "it failed"}, PASSED_ON),
        ({**SHARED, "message_blocks": [{"message": {"blocks": [rich(words("it failed"))]}}]}, PASSED_ON),
        ({**SHARED, "fallback": "it failed"}, PASSED_ON),
        (
            {**SHARED, "author_name": "", "text": "ask <@U0BOT> in <#C55|ops>"},
            Quote("forward", "ask @U0BOT in #ops", "@U9", float(TS)),
        ),
        ({**SHARED, "attachments": [CARD]}, Quote("forward", ALERT, "Ann", float(TS))),
        (NEWS, Quote("preview", "News (https://e.com/1)", "E")),
        ({"title": "Ticket 1", "service_name": "Jira", "fallback": "x"}, Quote("card", "Ticket 1", "Jira")),
        ({"blocks": [section("*Poll* lunch?")], "bot_id": "B5"}, Quote("card", "*Poll* lunch?", "@B5")),
    ],
)
@pytest.mark.parametrize("comment", ["", "summarise this"])
def test_what_a_person_points_at_is_quoted(attachment, quote, comment):
    """Alone it is a question too; it is never what they say themselves, nor a mention of us."""
    said = told(comment, attachments=[attachment])
    inside = told(comment, "C1", attachments=[{**attachment, "text": "<@U0BOT> go", "title": "<@U0BOT>"}])

    assert ("ask", comment, (quote,)) == (said.kind, said.text, said.quotes)
    assert "others" == inside.to


@pytest.mark.parametrize("more", [{}, {"is_share": True}])
def test_a_link_in_the_text_is_what_its_message_is_shown_for(more):
    unfurled = {**SHARED, "is_share": False, **more, "text": "it failed", "from_url": f"{LINK}?thread_ts=1"}
    said = told(f"see <{LINK}?thread_ts=1&amp;cid=C9>", attachments=[unfurled])

    assert ("preview", "it failed") == (said.quotes[0].kind, said.quotes[0].text)


@pytest.mark.parametrize("text", ["", "it failed"])
def test_files_of_what_was_passed_on_come_along(text):
    said = told(files=[{"id": "F0"}], attachments=[{**SHARED, "text": text, "files": [FILE]}])

    assert ["F0", "F1"] == [file.id for file in said.files]
    assert [("ask", text, "Ann")] == [(said.kind, quote.text, quote.author) for quote in said.quotes]


@pytest.mark.parametrize(
    "where",
    [
        {"blocks": [rich(words("which is cheaper?")), PASTED]},
        {"attachments": [{"id": 1, "fallback": "[no preview available]", "blocks": [PASTED]}]},
    ],
)
@pytest.mark.parametrize("text", ["which is cheaper?", ""])
def test_pasted_cells_are_the_persons_own_words(where, text):
    if not text and "blocks" in where:
        where = {"blocks": [PASTED]}
    said = told(text, **where)

    assert ("ask", f"{text}\n{TABLE}".strip(), ()) == (said.kind, said.text, said.quotes)


def test_tables_are_bounded_and_stay_tables():
    """Cells that would break a row do not; rows beyond 200, or beyond the room, are counted."""
    odd = {"type": "table", "rows": [[words("a|b\nc"), rich(words("no", strike=True))], [], 5]}
    long = cells(*(["x y"] * 300))
    wide = cells(*([" ".join(["long" * 20] * 20)] * 90))

    assert "| a\\|b c | ~~no~~ |\n| --- | --- |\n|  |  |\n|  |  |" == told(blocks=[odd]).text
    assert told(blocks=[long]).text.endswith("| x | y |\n(100 more rows)")
    assert len(told(blocks=[wide]).text) < 12_100


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        ({"attachments": [CARD]}, ALERT),
        (
            {
                "blocks": [
                    {"type": "header", "text": {"type": "plain_text", "text": "High error rate"}},
                    {"type": "divider"},
                    section("5xx over 12 %", fields=[{"type": "mrkdwn", "text": "Service:\npayments"}]),
                ]
            },
            ALERT,
        ),
        ({"attachments": [{"fallback": "only this"}]}, "only this"),
        ({"attachments": [{"fallback": "[no preview available]"}]}, ""),
        ({"text": "Deploy done", "blocks": [section("*Deploy* done :tada:")]}, "*Deploy* done :tada:"),
        ({"text": "Deploy done", "blocks": [section("in 3 minutes")]}, "Deploy done\nin 3 minutes"),
        ({"text": "This content can't be displayed.", "blocks": [section("hello")]}, "hello"),
        ({"blocks": [{"type": "markdown", "text": "# A\n`List<String>` <@U7>"}]}, "# A\n`List<String>` @U7"),
        (
            {
                "blocks": [
                    {"type": "context", "elements": [{"type": "mrkdwn", "text": "by"}, {"type": "image"}]},
                    {"type": "image", "alt_text": "a graph", "image_url": "https://e.com/g.png"},
                    {"type": "actions", "elements": BUTTONS},
                    cells("a b", "1 2", type="data_table"),
                ]
            },
            "by [Image]\n[Image: a graph]\nOpen (https://e.com)\n| a | b |\n| --- | --- |\n| 1 | 2 |",
        ),
    ],
)
def test_what_an_app_shows_is_what_it_says(shown, text):
    said = app(**shown)

    assert ("other", "B77", text, ()) == (said.by, said.user, said.text, said.quotes)


@pytest.mark.parametrize(
    ("more", "author"),
    [
        ({"username": "Grafana"}, "Grafana"),
        ({"bot_profile": {"name": "PagerDuty"}}, "PagerDuty"),
        ({"user": "U0BOT", "bot_profile": {"name": "Assistant"}}, ""),
        ({"user": "U1", "bot_id": None, "subtype": None, "user_profile": {"display_name": "Ann"}}, "Ann"),
        ({}, ""),
    ],
)
def test_who_speaks_by_name(more, author):
    assert author == app("x", **more).author


@pytest.mark.parametrize(
    ("text", "blocks", "shown", "asked"),
    [
        ("ask <@U7> in <#C55>", None, "ask @U7 in #C55", ("@U7", "#C55")),
        ("<#C55|ops> <!subteam^S1|@team> <@U7|ann>", None, "#ops @team @ann", ()),
        ("<!subteam^S1> <!here> <!date^1^{date}|today>", None, "@S1 @here today", ("@S1",)),
        (
            "in <#C55|ops> or <#C56|>",
            [named("channel", "C55"), named("channel", "C56")],
            "#ops#C56",
            ("#C56",),
        ),
        ("", [named("usergroup", "S1"), named("user", ["x"])], "@S1@['x']", ("@S1",)),
        ("", [words("Mon", strike=True), words("day", strike=True, code=True)], "~~Mon`day`~~", ()),
        ("", [words("a "), words(" b ", strike=True), words("c")], "a  ~~b~~ c", ()),
    ],
)
def test_ids_that_people_see_as_names(text, blocks, shown, asked):
    """Noted where only Slack knows the name; struck-out words keep their mark."""
    said = told(text, blocks=[rich(*blocks)] if blocks else None)

    assert (shown, asked) == (said.text, said.mentions)


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({}, "help"),
        ({"blocks": [], "attachments": [], "files": []}, "help"),
        ({"blocks": [{"type": "image", "alt_text": "a dancing cat"}]}, "unreadable"),
        ({"blocks": [{"type": "something_new"}]}, "unreadable"),
        ({"attachments": [{"image_url": "https://e.com/cat.gif"}]}, "unreadable"),
        ({"files": [{"kind": "unheard of"}]}, "unreadable"),
        ({"blocks": [section("reset")]}, "reset"),
        ({"text": "waves", "subtype": "me_message"}, "ask"),
    ],
)
def test_only_what_is_truly_empty_is_greeted(more, kind):
    said = told(**more)

    assert (kind, True) == (said.kind, said.concerns_us)


ODD: list[dict[str, Any]] = [
    {
        "attachments": [
            {
                **SHARED,
                "text": "x",
                "files": [FILE],
                "message_blocks": [{"message": {"blocks": [rich(words("y"))]}}],
            }
        ]
    },
    {"blocks": [PASTED, section("x", fields=[{"text": "y"}], accessory={"type": "image"}), rich(words("z"))]},
    {
        "attachments": [
            {
                "title": "a",
                "fields": [{"title": "b", "value": "c"}],
                "blocks": [PASTED],
                "actions": [{"url": "u"}],
            }
        ]
    },
    {"bot_profile": {"name": "a"}, "user_profile": {"display_name": "b"}, "bot_id": "B1", "username": "c"},
]


def test_odd_shapes_break_nothing():
    rng = random.Random(5)
    for _ in range(1500):
        event = damaged(rng.choice(ODD), rng)
        if isinstance(event, dict):
            told("<@U0BOT> x", **{key: one for key, one in event.items() if key not in ("channel", "ts")})


def test_nested_and_huge_messages_are_read_in_time():
    """What is deeper or longer than anything Slack sends is left; nothing takes more than linear time."""
    leaf: dict[str, Any] = words("x")
    card: dict[str, Any] = {"text": "x"}
    for _ in range(800):
        leaf, card = {"type": "new", "elements": [leaf]}, {"text": "x", "attachments": [card]}
    huge = (
        "<@" * 20_000,
        " " * 40_000 + "x",
        "`\n" * 20_000,
        ":a" * 20_000,
        "<http:" * 8_000,
        "<@U0BOT|" * 20_000,
    )
    began = time.monotonic()
    for text in huge:
        told(text, attachments=[{"text": text, "blocks": [section(text)]}] * 30)
    many = told(
        " ".join(f"<@U{number}>" for number in range(900)), attachments=[{**SHARED, "text": "y" * 99_999}]
    )

    assert "x" not in told(blocks=[rich(leaf)], attachments=[card] * 30).text
    assert (30, 12_000) == (len(many.mentions), len(many.quotes[0].text))
    assert time.monotonic() - began < 20
