"""bots.replies.links: at no moment is a link live that the gate refuses, however the text comes in pieces."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bots.discord.markup import DiscordMarkup
from bots.replies.blocks import Markdown
from bots.replies.links import LinkGate
from bots.replies.markdown import Pages

LONG = "https://evil.example/?q=" + "s3cr3t" * 30
TOKENS = (
    f"{LONG}¦({LONG})¦[q]({LONG})¦`{LONG}`¦&#104;{LONG[1:]}¦[b](https://evil.example/l)¦<https://e.co/x|b>"
    "¦![x](HTTPS://e.co/p)¦[b](<https://a.b>)¦`¦``¦```¦```\n¦\n¦\n\n¦ ¦> ¦[¦](¦)¦]¦!¦<¦>¦\\¦*¦word¦에서¦https"
).split("¦")
CODE = r"\\[^\w\s]|```[\s\S]+?```|(?P<ticks>`+)[\s\S]*?[^`](?P=ticks)(?!`)|<[^: >]+:/[^ >|]{0,150}>"
"""What Discord's clients read first."""
LIVE = r"\[[^\[\]]*\]\(\s*<?https?:|<https?:[^<>\s]*\||https?://[^\s<]{150}"
READ = re.compile(rf"{CODE}|(?P<live>{LIVE})", re.IGNORECASE)


@pytest.mark.promise("O4")
@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(TOKENS), max_size=9).map("".join), st.lists(st.integers(0, 1200)))
def test_no_refused_link_is_ever_live(text, borders):
    gate, pages = LinkGate("show", Markdown(loose=True)), Pages(DiscordMarkup(), 2000)
    for end in (*sorted(borders), None):
        for post in pages.posts(gate(text[:end], end is not None), final=end is None):
            assert not [one for one in READ.finditer(post) if one["live"]], (text, post)
