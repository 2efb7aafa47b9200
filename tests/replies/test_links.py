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
    "[bank.com](https://evil.example/login)¦![x](https://evil.example/p.png)¦[x](<https://evil.example/a b>)"
    "¦\\¦[a](javascript:go)¦<https://evil.example/x|bank.com>¦<https://evil.example/y>¦slack://open¦[bank][1]"
    f"¦[1]: https://evil.example/ref¦[![i](https://evil.example/i)](https://evil.example/l)¦{LONG}¦**{LONG}**"
    f"¦HTTPS{LONG[5:]}¦&#104;{LONG[1:]}¦https://ev\u200bil.example/?q={LONG[24:]}¦https:\\/\\/{LONG[8:]}"
    f"¦# {LONG}\n¦https://fine.example/x¦[q]({LONG})¦<{LONG}|mail>¦![]({LONG})¦({LONG})¦|a|b|\n|-|-|\n|{LONG}|x|\n"
    f"¦> {LONG}\n¦`{LONG}`¦`¦``¦```¦```\n¦~~~\n¦\n¦\n\n¦ ¦    ¦- ¦> ¦|¦[¦](¦)¦]¦!"
    "¦<¦>¦$¦*¦_¦word¦에서¦&amp;¦1. ¦https¦://¦h"
    "¦\u200b¦discord.gg/abc¦:¦("
).split("¦")
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
    r"|<(?P<angled>[a-z][a-z0-9+.-]*:/[^ >]+)>|(?P<bare>(?:https?|discord)://[^\s<]+[^<.,:;\"'\]\s])",
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
@settings(max_examples=300, deadline=None)
@given(text=texts, borders=st.lists(st.integers(0, 1200), max_size=12))
def test_no_refused_link_is_ever_live(network, text, borders):
    live = live_on_slack if network == "slack" else live_on_discord
    for posts in posts_of(network, text, borders):
        for post in posts:
            assert [] == live(post), (text, post)


CODED = f"`{LONG}`"
CASES = {
    "[bank.com](https://evil.example/login)": "bank.com (evil.example/login)",
    "![x](https://evil.example/p.png)": "x (evil.example/p.png)",
    "<https://evil.example/x|bank.com>": "bank.com (evil.example/x)",
    "[a](java&#115;cript:go)": "a (`javascript:go`)",
    "[bank][1]\n\n[1]: https://evil.example": "[bank][1]\n\n[1]\u200b: https://evil.example",
    "[fine.example](https://fine.example/a_b)": "<https://fine.example/a_b>",
    "[ops](mailto:ops@fine.example)": "ops (ops@fine.example)",
    f"So {LONG}, then": f"So {CODED}, then",
    f"[q]({LONG})": f"q ({CODED})",
    f"`{LONG}` [x](https://a.example)": f"`{LONG}` x (a.example)",
    f"```\n[x](https://a.example)\n{LONG}\n```": f"```\n[x](https://a.example)\n{LONG}\n```",
    "f[0](x), https://fine.example/한국 and [ ] todo": "f[0](x), https://fine.example/한국 and [ ] todo",
    "https://ko.example/" + "%ED%95%9C" * 40: "https://ko.example/" + "%ED%95%9C" * 40,
}


@pytest.mark.promise("O5")
@pytest.mark.parametrize("markdown", [SLACK, DISCORD])
@pytest.mark.parametrize("text", CASES)
def test_what_is_shown_of_it(markdown, text):
    assert CASES[text] == LinkGate("show", markdown)(text)
    assert text == LinkGate("open", markdown)(text)


@pytest.mark.parametrize("carried", [128, 129])
@pytest.mark.parametrize(
    "where", ["https://e.example/?{}", "https://e.example/#{}", "https://e.example/{}/x"]
)
def test_an_address_that_carries_more_than_so_much_is_none(where, carried):
    url = where.format("x" * carried)

    assert (url if carried == 128 else f"`{url}`") == LinkGate("show", SLACK)(url)
    assert url == LinkGate("show", SLACK, lambda strict: f"see ({url}).")(url)


@pytest.mark.promise("O4")
@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://a.example/x, a.example", "https://a.example/x, `a.example`"),
        ("https://a.example/", "`https://a.example/`"),
        ("HTTPS://A.example/x me@b.example", "`HTTPS://A.example/x` `me@b.example`"),
        ("https://a.example/x에서", "<https://a.example/x>에서"),
        ("https://me:pw@evil.example/x", "`https://evil.example/x`"),
        ("[docs](https://a.example/x) discord.gg/abc", "docs (a.example/x) `discord.gg/abc`"),
    ],
)
def test_where_strict_only_what_stood_in_the_request_is_one(text, shown):
    """Character by character; where none may be, its host can be read."""
    assert shown == LinkGate("strict", SLACK, lambda strict: '{"u":"https://a.example/x"}')(text)


def test_what_grows_is_only_appended_to():
    said = "See https://fine.example/x! [bank.com](https://evil.example/login) and"
    text = f"{said} {LONG} or `a` [ ] x.\n\nThen!"
    gate, shown = LinkGate("show", SLACK), ""
    for end in range(len(text)):
        more = gate(text[:end], True)
        assert more.startswith(shown)
        shown = more
    assert gate(text).startswith(shown)


def test_where_nothing_is_code_it_is_parted():
    assert "Reading evil.example" == LinkGate("show", SLACK).plain("Reading evil.example")
    assert f"https:\u200b//evil.\u200bexample/?q={LONG[24:]}" == LinkGate("show", SLACK).plain(LONG)
