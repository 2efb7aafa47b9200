"""Text cut into posts: lengths, the best place, clusters, growing text, counts, time."""

from __future__ import annotations

import time
from collections import Counter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bots.discord.markup import DiscordMarkup
from bots.replies.blocks import closing
from bots.replies.lines import Reader
from bots.replies.markdown import Pages, split
from bots.slack.markup import SlackMarkup, quiet

PIECES = (
    *("```\n", "```py\n", "\n```\n", "~~~\n", "````\n", "    ```\n", "> ```\n", "```x``` ", "a ``` b"),
    *("> ", "- ", "| a | b |\n|---|---|\n", "| c | d |\n", "\n\n", "\n", " ", "# H\n", "T\n===\n", "---\n"),
    *("**", "*", "_", "~~", "`", "<name>", "<!channel>", "<@U12345678>", "한글", "(x)", "[l](http://a.b)"),
    *("$a_1$", "\\(x\\)", "word. ", "abc", "word " * 60, "가나다라 " * 60, "x = 1\n" * 30),
)
wild = st.lists(st.sampled_from(PIECES), max_size=90).map("".join)
READERS: dict[str, Reader] = {"discord": DiscordMarkup(), "slack": SlackMarkup(), "plain": quiet}


def letters(text: str) -> Counter[str]:
    """How often each letter is there; what is repeated in every post may be there more often."""
    return Counter(char for char in text if char.isalpha())


@pytest.mark.promise("O7")
@settings(max_examples=60)
@pytest.mark.parametrize("network", READERS)
@given(text=wild, limit=st.integers(1300, 2000))
def test_posts_fit_and_lose_nothing(network, text, limit):
    posts = Pages(READERS[network], limit).posts(text)
    assert all(len(post) <= limit and post.strip() for post in posts)
    assert not letters(text) - letters("".join(posts))


@settings(max_examples=60)
@pytest.mark.parametrize("network", READERS)
@given(text=wild, ends=st.sets(st.integers(0, 9000), max_size=9))
def test_growing_text_never_changes_a_sealed_post(network, text, ends):
    pages, before = Pages(READERS[network], 1300), list[str]()
    for end in [*sorted(ends), len(text)]:
        posts = pages.posts(text[:end], final=end >= len(text))
        assert posts[: max(0, len(before) - 1)] == before[:-1]
        before = posts
    assert not letters(text) - letters("".join(before))


@settings(max_examples=60)
@given(texts=st.tuples(wild, wild, wild))
@example(texts=("", "word " * 600, "other " * 600))
def test_another_text_takes_back_what_it_does_not_say(texts):
    common, one, two = texts
    pages = Pages(READERS["discord"], 1300)
    pages.posts(common + one, final=False)
    assert not letters(common + two) - letters("".join(pages.posts(common + two)))


@given(
    st.text("abcde \n.`", min_size=1, max_size=100).filter(lambda text: "```" not in text and text.strip())
)
def test_a_text_that_fits_is_not_touched(text):
    assert [text] == split(text, 100) == Pages(READERS["discord"], 100).posts(text)


@pytest.mark.parametrize("text", ["", " ", "\n\n", "\t" * 5000, "\n" * 5000])
def test_nothing_to_show_is_no_post(text):
    assert split(text, 100) == []


def test_a_limit_below_one_is_refused():
    with pytest.raises(ValueError, match="room"):
        split("a", 0)


@pytest.mark.parametrize(
    ("text", "posts"),
    [
        ("aaaa bbbb\n\ncccc\ndddd eeee", ["aaaa bbbb", "cccc\ndddd eeee"]),
        ("aaaa bbbb ccc\ndddd eeee", ["aaaa bbbb ccc", "dddd eeee"]),
        ("aaaa bbbb. cccc dddd eeee", ["aaaa bbbb. ", "cccc dddd eeee"]),
        ("가나다라마바사아자차카。타파하가나다라", ["가나다라마바사아자차카。", "타파하가나다라"]),
        ("aaaa bbbb cccc dddd", ["aaaa bbbb cccc ", "dddd"]),
        ("aaaaaaaaaaaaaaaaaaaa", ["aaaaaaaaaaaaaaaa", "aaaa"]),
    ],
)
def test_the_best_gap_is_taken(text, posts):
    assert split(text, 16) == posts


@pytest.mark.parametrize(
    "cluster",
    [
        *("e\u0301", "👩\u200d👩\u200d👧", "❤\ufe0f", "👍🏽", "🇰🇷", "1\ufe0f\u20e3", "\u1112\u1161\u11ab"),
        *("가\u11a8", "क्ष", "นำ", "🏴\U000e0067\U000e0062\U000e007f"),
    ],
)
@pytest.mark.parametrize("limit", [8, 9, 10, 11])
def test_a_cluster_is_never_cut(cluster, limit):
    text = "x" + cluster * 30
    posts = split(text, limit)
    assert "".join(posts) == text or "\n" in cluster
    assert all(post.removeprefix("x").replace(cluster, "") in ("", "\r") for post in posts)


def test_a_cluster_longer_than_a_post_is_cut():
    text = "a" + "\u0301" * 50
    assert "".join(split(text, 20)) == text


HOSTILE = {
    "line": "a" * 13_000,
    "fences": "```py\nx = 1\n```\n" * 800,
    "quotes": ">" * 13_000,
    "quoted": "> x\n" * 3_300,
    "stars": "**a" * 4_300,
    "brackets": "[" * 13_000,
    "links": "[a](" * 3_300,
    "angles": "<" * 13_000,
    "rows": "| a | b |\n|---|---|\n" + "| x | y |\n" * 1_300,
    "tables": "|a|\n|-|\n|b|\n\n" * 1_000,
    "formulas": "\\[" * 6_600,
    "ticks": "`a" * 6_600,
    "headings": "# a\n" * 3_300,
    "marks": "a" + "\u0301" * 13_000,
    "info": "```" + "i" * 13_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_takes_linear_time(text):
    """Four times the text takes about four times as long, not sixteen times; on both networks.

    The best of three tries: a garbage collection may come into one.
    """
    for network, limit, tables in (("discord", 2000, 10**9), ("slack", 11_000, 1)):
        assert any(_linear(text, network, limit, tables) for _ in range(3))


def _linear(text: str, network: str, limit: int, tables: int) -> bool:
    seconds = []
    for part in (text[: len(text) // 4], text):
        started = time.process_time()
        assert all(Pages(READERS[network], limit, 45, tables).posts(part))
        seconds.append(time.process_time() - started)
    return seconds[1] < 9 * seconds[0] + 0.3


def test_what_is_sealed_is_not_read_again():
    read: list[int] = []

    def noting(text: str, growing: bool) -> list[object]:
        read.append(len(text))
        return quiet(text, growing)  # type: ignore[return-value]

    pages = Pages(noting, 1000)  # type: ignore[arg-type]
    for end in range(0, 30_000, 500):
        pages.posts("word " * (end // 5), final=False)
    assert max(read) <= 4_000


@pytest.mark.parametrize(
    ("text", "close"),
    [
        *(("", ""), ("plain `code`", ""), ("```py\nx = 1\n```\n", ""), ("```py\nx = 1", "\n```")),
        *(("````\n```\nx", "\n````"), ("Run: ```sh\nx", "\n```"), ("> ~~~ sh\n> x", "\n> ~~~")),
        ("a ``` b", ""),
    ],
)
def test_an_open_code_block_is_closed(text, close):
    assert close == closing(text)
    assert "" == closing(text + close)
