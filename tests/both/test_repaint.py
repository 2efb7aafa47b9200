"""After a crash in mid-answer the model says something else: what people see is never less than before."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.slack.stage import Pause

SHORT = "Once upon a time there was a king. "
LONG = SHORT * 160
"""More than one post of Discord."""


@pytest.mark.parametrize("before", [SHORT, LONG])
@pytest.mark.parametrize("after", ["It was", SHORT])
async def test_what_people_see_never_shrinks(chat, spool, script, before, after):
    """Neither while the new text is shorter, nor when it passes the old one; the end is the new text.

    Where it stands in several posts, each ends with a whole word, so another text fills them a little less.
    """
    lengths: list[int] = []

    def shown() -> str:
        found = "".join(post.text for post in chat.posts_after(asked))
        if len(found) not in lengths[-1:]:
            lengths.append(len(found))
        return found

    script.enqueue(before, lambda _: Pause())
    new = f"{after} otherwise. " * (len(before) // 15 + 3)
    script.enqueue(new)
    script.delay = 0.02 if before == SHORT else 0.001
    async with spool():
        asked = await chat.ask("tell me")
        await chat.until(lambda: len(shown()) >= len(before) * 0.95)
    lengths.clear()
    async with spool():
        await chat.until(lambda: shown().strip().endswith("otherwise.") and len(shown()) >= len(new) * 0.95)
        await chat.until(lambda: not any(post.live for post in chat.posts_after(asked)))

    slack = 0 if before == SHORT else 60
    assert all(later >= earlier - slack for earlier, later in pairwise(lengths))
    seen = "".join(post.text for post in chat.posts_after(asked))
    assert "".join(new.split()) == "".join(seen.split())
