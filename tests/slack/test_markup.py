"""Markdown as Slack reads it: what it would break or refuse is changed, all else stays."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bots.replies.markdown import Pages
from bots.slack.markup import ITEMS, ROOM, SlackMarkup, stream_pages
from standins.slack import blocks as block_kit

ANSWERS = Path(__file__).parents[1] / "events" / "answers"
PING = re.compile(r"<(?:!(?:here|channel|everyone|subteam)|@[UW])")
COMMONMARK = MarkdownIt("commonmark").enable("strikethrough")


def grown(text: str, step: int = 7) -> list[str]:
    """The posts of a stream of that text; nothing that was shown is ever taken back, nobody is pinged."""
    pages = stream_pages(SlackMarkup())
    ends = [*range(0, len(text), step), len(text)]
    shown = [pages.posts(text[:end], final=end == len(text)) for end in ends]
    for before, after in pairwise(shown):
        assert after[: len(before) - 1] == before[:-1]
        assert all(new.startswith(old) for old, new in zip(before, after, strict=False))
        assert not PING.search("".join(after))
    return shown[-1]


def both(text: str) -> list[str]:
    made = grown(text)
    assert " ".join(Pages(SlackMarkup(), ROOM, ITEMS, 1).posts(text)).split() == " ".join(made).split()
    return made


@pytest.mark.parametrize(
    "item",
    [
        "### {}. T\n\ntext\n\n",
        "T {}\n===\n\n",
        "T {}\n---\ntext\n\n",
        "a {}\n\n---\n\n",
        "- ## {}\n",
        "> # {}\n\n",
    ],
)
def test_no_post_becomes_too_many_blocks(item):
    """Headings, underlined ones too, and rules: at most 45 a post, by update and by stream."""
    made = both("".join(item.format(number) for number in range(130)))
    assert 3 <= len(made) <= 4
    for post in made:
        block_kit.check([{"type": "markdown", "text": post}])


def test_headings_in_code_do_not_count():
    assert 1 == len(both("```md\n" + "# a\n" * 200 + "```"))


def test_one_table_a_post_and_its_header_in_every_one():
    """A second table begins another post; one longer than a post repeats its first two lines."""
    head = "| Item | Price |\n|---|---|\n"
    rows = "".join(f"| Item {number} with some words | {number} |\n" for number in range(500))
    made = grown(f"One:\n\n{head}{rows}\nTwo:\n\n{head}| a | b |\n\nEnd.", 97)
    assert [1] * len(made) == [post.count(head.strip()) for post in made]
    assert 500 == "".join(made).count("with some words")
    assert all(post.startswith(head) for post in made[1:-1])


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        *(("**굵게(bold)**는", "strong"), ("**“굵게”**도", "strong"), ("**주의:**이것", "strong")),
        *(
            ("**注意。**次", "strong"),
            ("重要な**（Important）**点", "strong"),
            ("~~삭제(x)~~는", "s"),
            ("_기울임_은", "em"),
        ),
        *(("__굵게__는", "strong"), ("*기울임!*은", "em")),
    ],
)
def test_emphasis_next_to_letters_without_blanks(text, tag):
    """CommonMark sees it, which it does not in what the model wrote; nobody sees the difference."""
    (shown,) = grown(text, 1)
    assert f"<{tag}>" not in COMMONMARK.render(text)
    assert f"<{tag}>" in COMMONMARK.render(shown)
    assert text.replace("_", "*") == shown.replace("\u200b", "").replace("_", "*")


@pytest.mark.parametrize(
    "text",
    [
        "`npm install @here/harp.gl`",
        '```java\n@Channel("prices") Emitter<Integer> e;\n```',
        "```js\nif (m.content.includes('@everyone')) {}\n```",
        "    List<String> **굵게(x)**는",
        "`**굵게(bold)**는` and `List<String>`",
        "**bold** and @here, snake_case_name, 2 < 3 and a->b",
        "<https://example.com/a_b> and [a](http://b.c/d_(e))",
    ],
)
def test_code_and_plain_words_stay_exact(text):
    """A zero width space would be copied along."""
    assert [text] == grown(text, 1)


@pytest.mark.parametrize("text", ["<!here> in `<!channel>`", "```\n<@U12345678>\n```", "**<!subteam^S1>**"])
def test_pings_are_parted_even_in_code(text):
    """Whether Slack looks there is not known."""
    (shown,) = grown(text, 1)
    assert text == shown.replace("\u200b", "")


@pytest.mark.parametrize(
    "text", ["Replace <your-name>.", "a List<String> or Map<K, V>", "x<br>y", "H<sub>2</sub>O"]
)
def test_words_in_angle_brackets_can_be_read(text):
    """Slack takes them for marks of its own."""
    (shown,) = grown(text, 1)
    assert text == shown.replace("\u200b", "")
    assert not re.search(r"<[A-Za-z/]", shown)


def test_bold_and_code_go_on_in_the_next_post():
    """Closed where a post ends, opened again where the next begins, as CommonMark reads both."""
    made = grown(f"**{('some words ' * 1500).strip()}**\n\n```py\n" + "x = 1\n" * 3000 + "```\nEnd.", 501)
    assert len(made) > 3
    assert all("**" not in COMMONMARK.render(post) for post in made)
    assert all(post.count("```") in (0, 2, 4) for post in made)


@given(st.integers(1, 90), st.sampled_from(["[the name](https://example.com/a/page) ", "words ", "`a b c` "]))
def test_an_old_stream_ends_behind_a_word(cut, word):
    """Not within a word, a link or code, wherever the text happens to stand when its time is over."""
    text = word * 30
    pages = stream_pages(SlackMarkup())
    shown = pages.posts(text[:cut], final=False)
    for end in range(cut, len(text) + 1):
        sealed = pages.posts(text[:end], final=False, seal="word")
        if pages.full:
            assert sealed[0].startswith("".join(shown))
            assert "" == sealed[0].strip().replace(word.strip(), "").strip()
            return
    raise AssertionError("never sealed")


@pytest.mark.parametrize("path", sorted(ANSWERS.glob("m*.md")), ids=lambda path: path.stem)
def test_answers_that_went_wrong(path):
    text = path.read_text("utf-8")
    made = grown(text, max(7, len(text) // 200))
    for post in made:
        block_kit.check([{"type": "markdown", "text": post}])
    said, shown = (set(re.findall(r"[^\W_]+", one.replace("\u200b", ""))) for one in (text, "".join(made)))
    assert not said - shown
