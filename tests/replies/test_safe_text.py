"""Model output on Slack: nobody is pinged, and nothing else changes."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.replies.safe_text import harmless, ping_begun, printable

PINGS = (
    *("<!channel>", "<!here>", "<!here|x>", "<!HERE|@here>", "<!everyone>", "<!Everyone>", "<!group>"),
    *("<!subteam^S1>", "<!subteam^S1|@team>", "<@U123>", "<@W123|x>", "<@u0123abcdef>"),
    *("<@U0123456789ABCDEF>", "<@&123>"),
)
PLAIN = (
    *("<!DOCTYPE html>", "<!-- here -->", "<!hereafter>", "<!date^1392734382^{date}|then>", "@channel"),
    *("npm install @here/harp.gl", '@Channel("prices")', "'@everyone'", "a@here.com"),
    *("first_last@channel.example", "@hereabouts", "@channel_name", "<https://example.com|x>", "<#C123>"),
    *("List<@UiThread String>", "<@123>", "a < b && c > d", "&lt;!channel&gt;", "@property"),
    *("\u05e9\u05dc\u05d5\u05dd \u200f\u0645\u0631\u062d\u0628\u0627", "👩\u200d💻 ❤\ufe0f 🇰🇷 👍🏽"),
    "한국어\n\ttext\u200b",
)
# What Slack would act on, written apart from the product's pattern.
REAL_PING = re.compile(
    r"<!(?:channel|here|everyone|group)[|>]|<!subteam\^|<@[uw][a-z0-9]+[|>]|<@&[0-9]",
    re.ASCII | re.IGNORECASE,
)
UNWANTED = "".join(map(chr, [0, 7, 11, 13, 27, 0x7F, 0x85, 0x9F, 0x202A, 0x202E, 0x2066, 0x2069, 0xD83D]))

texts = st.lists(
    st.one_of(
        st.sampled_from(PINGS + PLAIN),
        st.sampled_from(
            ("<", "<!", "<@", "@", "@he", "<!sub", ">", "|", " ", "\n", "`", "```\n", "x", "U1", "\u200b")
        ),
        st.sampled_from(UNWANTED),
        st.text(max_size=5),
    ),
    max_size=12,
).map("".join)


@pytest.mark.parametrize("ping", PINGS)
@pytest.mark.parametrize(
    "around", ["{}", "hi {} there", "`{}`", "```\n{}\n```", "| {} | b |", "여러분{}에게"]
)
def test_a_ping_is_broken_by_one_zero_width_space(ping, around):
    text = around.format(ping)
    shown = harmless(text)
    assert REAL_PING.search(text)
    assert not REAL_PING.search(shown)
    assert shown.replace("\u200b", "") == text


@pytest.mark.parametrize("text", PLAIN)
def test_what_is_no_ping_stays_exact(text):
    assert harmless(text) == text == printable(text)


@pytest.mark.promise("O1")
@given(texts)
def test_nothing_pings_and_twice_is_once(text):
    shown = harmless(text)
    assert not REAL_PING.search(shown)
    assert harmless(shown) == shown


@given(texts)
def test_only_zero_width_spaces_are_added(text):
    assert harmless(text).replace("\u200b", "") == printable(text).replace("\u200b", "")


@given(texts)
def test_only_the_beginning_of_a_ping_waits(text):
    clean = printable(text)
    shown = clean[: len(clean) - ping_begun(clean)]
    assert ping_begun(clean) <= 13
    for more in ("!channel>", "here>", "U1>", "&1>", "channel|x>", "x"):
        assert harmless(clean + more).startswith(harmless(shown))


@pytest.mark.parametrize(
    "begun", ["<", "<!", "<!ch", "<!channel", "<!subteam", "<@", "<@U12", "<@U0123456789", "<@&"]
)
def test_the_beginning_of_a_ping_is_known(begun):
    assert len(begun) == ping_begun(f"hi {begun}")


@pytest.mark.parametrize("text", ["hi", "a < b", "a@h", "<div", "<!-", "@he", "&lt;!", "<https:"])
def test_what_cannot_become_a_ping_does_not_wait(text):
    assert 0 == ping_begun(text)


@pytest.mark.promise("O6")
@pytest.mark.parametrize("char", UNWANTED)
def test_control_characters_are_removed(char):
    assert printable(f"a{char}b") == "ab"
    assert not REAL_PING.search(harmless(f"<{char}!chan{char}nel>"))


def test_a_long_text_is_fast():
    started = time.process_time()
    for text in ("<" * 1_000_000, "<@U" * 333_333, "@here " * 166_666):
        harmless(text)
        ping_begun(text)
    assert time.process_time() - started < 2
