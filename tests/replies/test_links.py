"""bots.replies.links: at no moment is a link live that the gate refuses, however the text comes in pieces."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bots.discord.markup import DiscordMarkup
from bots.replies.blocks import Markdown
from bots.replies.links import LinkGate
from bots.replies.markdown import Pages
from bots.slack.markup import SlackMarkup, stream_pages

LONG = "https://evil.example/?q=" + "s3cr3t" * 30
SLACK, DISCORD = Markdown(loose=False), Markdown(loose=True)
TOKENS = (
    *(
        "[bank.com](https://evil.example/login)",
        "![x](https://evil.example/p.png)",
        "[x](<https://evil.example/a b>)",
    ),
    *(
        "[a](javascript:alert(1))",
        "<https://evil.example/x|bank.com>",
        "<https://evil.example/y>",
        "slack://open",
    ),
    *("[1]: https://evil.example/ref", "[bank][1]", "[![i](https://evil.example/i)](https://evil.example/l)"),
    *(
        LONG,
        LONG.replace("https", "HTTPS"),
        LONG.replace("h", "&#104;", 1),
        LONG.replace("evil", "ev\u200bil"),
    ),
    *(
        LONG.replace("://", ":\\/\\/"),
        "https://fine.example/x",
        f"[q]({LONG})",
        f"<{LONG}|mail>",
        f"![]({LONG})",
    ),
    *(f"({LONG})", f"**{LONG}**", f"|a|b|\n|-|-|\n|{LONG}|x|\n", f"> {LONG}\n", f"# {LONG}\n", f"`{LONG}`"),
    *(
        "`",
        "``",
        "```",
        "```\n",
        "~~~\n",
        "\n",
        "\n\n",
        " ",
        "    ",
        "- ",
        "> ",
        "|",
        "[",
        "](",
        ")",
        "]",
        "!",
        "<",
        ">",
    ),
    *(
        "\\",
        "$",
        "*",
        "_",
        "word",
        "에서",
        "&amp;",
        "1. ",
        "https",
        "://",
        "h",
        "\u200b",
        "discord.gg/abc",
        ":",
        "(",
    ),
)
texts = st.lists(st.sampled_from(TOKENS), max_size=9).map("".join)
BARE = re.compile(r"[a-z][a-z0-9+-]+://[^\s<]+", re.IGNORECASE)


def refused(url: str) -> bool:
    """Of the addresses above: what the default gate never lets be pressed."""
    kind = url.partition(":")[0].lower()
    return not kind.endswith(("http", "https", "mailto")) or len(url) > 160


def live_on_slack(post: str) -> list[str]:
    """Addresses of a message of Slack's that are refused, or stand under other words, by another parser."""
    found = []
    for block in MarkdownIt("commonmark").enable("table").parse(post):
        inline = block.children or ()
        links = [(one, str(one.attrs["href"])) for one in inline if one.type == "link_open"]
        links += [(one, str(one.attrs["src"])) for one in inline if one.type == "image"]
        masked = [url for one, url in links if one.markup != "autolink" and ":" in url]
        words = "".join(one.content if one.type == "text" else "\n" for one in inline)
        bare = [*BARE.findall(words), *(url for one, url in links if one.markup == "autolink")]
        found += [*masked, *filter(refused, bare), *re.findall(r"<https?:[^\s<>|]*\|[^<>]*>", words)]
        found += [url for one, url in links if "%7C" in url]
    return found


DISCORDS = re.compile(
    r"(?P<escape>\\[^0-9A-Za-z\s])|```(?:[\s\S]+?)```|(?P<ticks>`+)(?:[\s\S]*?[^`])(?P=ticks)(?!`)"
    r"|(?P<masked>\[(?:\[[^\]]*\]|[^\[\]]|\](?=[^\[]*\]))*\]\(\s*<?(?:\([^)]*\)|[^\s\\]|\\.)*?>?(?:\s+['\"][\s\S]*?['\"])?\s*\))"
    r"|<(?P<angled>[^: >]+:/[^ >]+)>|(?P<bare>(?:https?|discord)://[^\s<]+[^<.,:;\"'\]\s])",
    re.IGNORECASE,
)


def live_on_discord(post: str) -> list[str]:
    """The same by the rules of Discord's own clients."""
    found = []
    for one in DISCORDS.finditer(post):
        if one["masked"] and ":" in html.unescape(one["masked"].partition("](")[2]):
            found.append(one["masked"])
        found += [url for url in (one["angled"], one["bare"]) if url and refused(url)]
    return found


def posts_of(network: str, text: str, borders: list[int]):
    """All that people see of it while it grows, each post."""
    slack = network == "slack"
    gate = LinkGate("show", SLACK if slack else DISCORD)
    pages = stream_pages(SlackMarkup()) if slack else Pages(DiscordMarkup(), 2000)
    for border in sorted({min(one, len(text)) for one in borders}):
        yield pages.posts(gate(text[:border], True), final=False)
    yield pages.posts(gate(text), final=True)


@pytest.mark.promise("O4")
@pytest.mark.parametrize("network", ["slack", "discord"])
@settings(max_examples=4000, deadline=None)
@given(text=texts, borders=st.lists(st.integers(0, 1200), max_size=12))
def test_no_refused_link_is_ever_live(network, text, borders):
    live = live_on_slack if network == "slack" else live_on_discord
    for posts in posts_of(network, text, borders):
        for post in posts:
            assert [] == live(post), (text, post)
