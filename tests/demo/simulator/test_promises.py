"""Lost and twice are counted by what stands there and by what the bot knows of it."""

from __future__ import annotations

from typing import Any

import pytest

from bots.demo.simulator.post import Part, Post
from bots.demo.simulator.promises import ADMINS, Moment, Promises
from core.store.overview import Asked, Chats

NOW = 1000.0


def post(id: str, at: float, *, bot: bool = False, text: str = "hello", **more: Any) -> Post:
    thread = {"thread": "q"} if bot else {"asks": True}
    return Post(
        "slack", "C1", "general", id, "Mina", at, (Part("text", text),), bot=bot, **{**thread, **more}
    )


def counted(posts: list[Post], *, ended: float | None = 900.0, status: str = "completed", **more: Any) -> Any:
    """A question `q` of which a run is on record, whose journal names the posts a, b and c."""
    asked = (Asked("slack", "C1", "q", more.get("kind", "ask"), "run_1", status, ended),)
    named = {one: ("run_1", f"post:{number}") for number, one in enumerate("abc")}
    chats = Chats(asked if more.get("known", True) else (), named, 0, 0)
    moment = Moment(NOW, more.get("there", 0.0), lambda post: more.get("under_way", False))
    found = Promises([post("q", 800.0), *posts], chats, moment)
    return found.lost, found.twice


ANSWER = post("a", 801.0, bot=True)


@pytest.mark.parametrize(
    ("counts", "posts", "more"),
    [
        ((0, 0), [ANSWER], {}),
        ((1, 0), [], {}),
        ((0, 0), [], {"ended": None}),
        ((0, 0), [], {"ended": NOW - 1}),
        ((0, 0), [], {"status": "cancelled"}),
        ((1, 0), [post("a", 801.0, bot=True, growing=True)], {}),
        ((1, 0), [post("a", 801.0, bot=True, text="")], {}),
        ((1, 0), [], {"known": False}),
        ((0, 0), [], {"known": False, "there": NOW - 1}),
        ((0, 0), [], {"known": False, "under_way": True}),
        ((0, 0), [ANSWER, post("b", 802.0, bot=True, text="more")], {}),
        ((0, 1), [ANSWER, post("b", 802.0, bot=True)], {}),
        ((0, 0), [ANSWER, post("b", 802.0, bot=True), post("c", 803.0, bot=True, text="end")], {}),
        ((0, 1), [ANSWER, post("x", 802.0, bot=True, text="once more")], {}),
        ((0, 0), [ANSWER, post("x", 802.0, bot=True, whispered=True)], {}),
        ((0, 0), [ANSWER, post("x", 802.0, bot=True, text=f"{ADMINS[0]}http://…")], {}),
        ((0, 0), [post("x", 802.0, bot=True)], {"ended": None}),
    ],
)
def test_counts(counts: tuple[int, int], posts: list[Post], more: dict[str, Any]):
    assert counts == counted(posts, **more)


@pytest.mark.parametrize("text", ["@Spool", "@Spool stop", "**reset**"])
def test_orders_are_no_questions(text: str):
    found = Promises([post("q", 800.0, text=text)], Chats((), {}, 0, 0), Moment(NOW, 0.0, lambda post: False))
    assert 0 == found.lost
