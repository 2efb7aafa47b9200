"""What the model gets is the person's plain text."""

from __future__ import annotations

from typing import Any

import pytest

from standins.slack import SlackStandin
from tests.conftest import Product
from tests.slack.stage import Stage

BOT = "<@U0BOT00001>"
TYPED = {
    "hello": "hello",
    "is a < b && c > d?": "is a < b && c > d?",
    "&amp;lt; stays an entity": "&lt; stays an entity",
    "first\nsecond\n\nfourth": "first\nsecond\n\nfourth",
    "<https://example.com/a?b=1&amp;c=2>": "https://example.com/a?b=1&c=2",
    "안녕하세요 👋🏽": "안녕하세요 👋🏽",
    "  spaces around  ": "spaces around",
    "what is `x < y`?": "what is `x < y`?",
}
"""What people type, and what the model is given (code marks may go)."""
MENTION = {"type": "user", "user_id": "U0BOT00001"}


async def received(
    slack: SlackStandin, product: Product, script: Stage, *messages: str, **how: Any
) -> list[str]:
    """What the model is given for mentions with these texts, each of another person."""
    async with product():
        for number, text in enumerate(messages):
            await slack.say(f"U{number}", "C1", text, **how)
            await slack.until(lambda n=number: len(script.asked) > n)  # type: ignore[misc]
        await slack.until(lambda: len(slack.posts("C1")) == len(messages))
        await slack.until(lambda: not any(post.streaming for post in slack.posts("C1")))
    return [request[-1] for request in script.asked]


def rich(*elements: dict[str, Any]) -> list[dict[str, Any]]:
    """Rich text blocks of these elements."""
    return [{"type": "rich_text", "block_id": "b1", "elements": list(elements)}]


def section(*inner: dict[str, Any]) -> dict[str, Any]:
    return {"type": "rich_text_section", "elements": list(inner)}


def words(text: str, **style: bool) -> dict[str, Any]:
    return {"type": "text", "text": text} | ({"style": style} if style else {})


@pytest.mark.parametrize("composed", [True, False], ids=["blocks", "text"])
async def test_text_comes_as_it_was_typed(slack, product, script, composed):
    """Entities undone exactly once, lines kept, the bot's mention gone; from blocks or from text."""
    blocks: list[dict[str, Any]] | None = None if composed else []

    said = await received(slack, product, script, *(f"{BOT} {typed}" for typed in TYPED), blocks=blocks)

    assert [text.replace("`", "") for text in TYPED.values()] == [text.replace("`", "") for text in said]


async def test_the_mention_goes_and_the_words_around_it_stay(slack, product, script):
    """Also in the middle of a sentence."""
    (said,) = await received(slack, product, script, f"tell me {BOT} a joke")

    assert ["tell", "me", "a", "joke"] == said.split()


async def test_other_people_stay_in_the_text(slack, product, script):
    """Who is meant is part of what was said."""
    (said,) = await received(slack, product, script, f"{BOT} greet <@U2> in <#C2|random>")

    assert "U2" in said
    assert "C2" in said or "random" in said


async def test_a_link_keeps_label_and_address(slack, product, script):
    """Both are information."""
    (said,) = await received(slack, product, script, f"{BOT} read <https://example.com/x|the page>")

    assert "the page" in said
    assert 1 == said.count("https://example.com/x")


async def test_a_bare_address_comes_once(slack, product, script):
    """Slack gives the same text as label."""
    link = {"type": "link", "url": "https://example.com", "text": "https://example.com"}

    (said,) = await received(
        slack, product, script, f"{BOT} x", blocks=rich(section(MENTION, words(" see "), link))
    )

    assert "see https://example.com" == said


async def test_lists_keep_their_items_in_lines(slack, product, script):
    """Bullets and numbers, each item in a line of its own."""
    bullets = {
        "type": "rich_text_list",
        "style": "bullet",
        "indent": 0,
        "elements": [section(words("milk")), section(words("bread"))],
    }
    numbers = {
        **bullets,
        "style": "ordered",
        "elements": [section(words("wash")), section(words("dry"))],
    }

    (said,) = await received(
        slack, product, script, f"{BOT} x", blocks=rich(section(MENTION, words(" plan:")), bullets, numbers)
    )

    lines = said.splitlines()
    assert ["plan:", "milk", "bread", "wash", "dry"] == [line.split(" ")[-1] for line in lines]


async def test_code_blocks_keep_their_lines(slack, product, script):
    """Indentation and line breaks are what code is made of."""
    code = "def f():\n    return a < b"

    (said,) = await received(slack, product, script, f"{BOT} why?\n```\n{code}\n```")

    assert code in said
    assert said.startswith("why?")


async def test_quotes_are_kept(slack, product, script):
    """A quote is what the question is about; a mention of the bot inside it is not addressed to it."""
    (said,) = await received(slack, product, script, f"&gt; the sky is green\n{BOT} true?")

    assert "the sky is green" in said
    assert "true?" in said


ELEMENTS: tuple[tuple[dict[str, Any], tuple[str, ...]], ...] = (
    ({"type": "emoji", "name": "wave", "unicode": "1f44b"}, (":wave:", "👋")),
    ({"type": "emoji", "name": "our-logo"}, (":our-logo:",)),
    ({"type": "broadcast", "range": "here"}, ("@here",)),
    ({"type": "usergroup", "usergroup_id": "S0GROUP"}, ("S0GROUP",)),
    ({"type": "color", "value": "#aabbcc"}, ("#aabbcc",)),
    ({"type": "date", "timestamp": 1700000000, "format": "{date}", "fallback": "a day"}, ("a day",)),
    (words("bold", bold=True, italic=True), ("bold",)),
    ({"type": "something_new", "text": "new words"}, ("new words",)),
)
"""Elements of rich text, and how each may be told to the model."""


async def test_every_kind_of_element_is_readable(slack, product, script):
    """Nothing of what a person put into the message vanishes."""
    inner = [part for element, _ in ELEMENTS for part in (words(" so "), element, words(" end"))]

    (said,) = await received(slack, product, script, BOT, blocks=rich(section(MENTION, *inner)))

    parts = said.split("end")
    for (_, readable), part in zip(ELEMENTS, parts, strict=False):
        assert any(form in part for form in readable), part
    assert len(ELEMENTS) + 1 == len(parts)


async def test_blocks_that_are_not_rich_text_fall_back_to_the_text(slack, product, script):
    """A message may carry other blocks; its text still is what was said."""
    other = [{"type": "section", "block_id": "b1", "text": {"type": "mrkdwn", "text": "card"}}]

    (said,) = await received(slack, product, script, f"{BOT} hello", blocks=other)

    assert "hello" == said


async def test_long_text_arrives_whole(slack, product, script):
    """As long as Slack lets people write."""
    typed = " ".join(f"word{number}" for number in range(4000))

    assert [typed] == await received(slack, product, script, f"{BOT} {typed}")
