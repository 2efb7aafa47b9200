"""Markdown as Discord reads it: each post is right by itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from wcwidth import wcswidth

from bots.discord.markup import RULE, DiscordMarkup
from bots.replies.markdown import Pages

ANSWERS = Path(__file__).parents[1] / "events" / "answers"
CODE = "".join(f"line_{number} = compute({number})\n" for number in range(150))


def posts(text: str, limit: int = 2000) -> list[str]:
    return Pages(DiscordMarkup(), limit).posts(text)


def prefixed(prefix: str) -> str:
    return "".join(prefix + line for line in CODE.splitlines(keepends=True))


@pytest.mark.parametrize(
    ("text", "opener"),
    [
        (f"1. Do this:\n\n    ```python\n{prefixed('    ')}    ```\n2. Then.", "```python"),
        (f"Do this:\n      ```python\n{prefixed('      ')}      ```\n", "```python"),
        (f"Run this: ```bash\n{CODE}```\nEnd.", "```bash"),
        (f"- ```bash\n{prefixed('  ')}  ```\n- next", "```bash"),
        (f"> ```py\n{prefixed('> ')}> ```\n\nEnd.", "> ```py"),
        (f"~~~py\n{CODE}~~~\n", "```py"),
        (f"````py\n{CODE}````\n", "```py"),
        (f"```py\n{CODE}``` and so on", "```py"),
        (f"```py\n{CODE.strip()} ```\nEnd.", "```py"),
        (f"```py\n{CODE}", "```py"),
    ],
)
def test_code_is_code_in_every_post(text, opener):
    """However its fence is written: three backticks open and close it, and every line is there once."""
    made = posts(text)
    assert len(made) > 1
    assert {0} == {post.count("```") % 2 for post in made}
    assert all(post.startswith(opener) for post in made[1:])
    assert CODE.split() == [word for post in made for word in post.split() if word in CODE.split()]
    assert "~~~" not in "".join(made)
    assert "````" not in "\n".join(made)


@pytest.mark.parametrize("inner", ["```python\nx\n```", "a = '```'", "x `````"])
def test_backticks_in_code_do_not_end_it(inner):
    """They are parted; they would close the block."""
    (post,) = posts(f"````md\n{inner}\n````\nEnd.")
    assert 2 == post.count("```")
    assert inner in post.replace("\u200b", "")
    assert post.endswith("\n```\nEnd.")


@pytest.mark.parametrize(
    "text", ["a ``` b", "So: ```print(1)``` it is.", "```\nprint(1)\n``` it is.", "> `a`"]
)
def test_what_discord_reads_already_stays(text):
    assert [text] == posts(text)


def test_a_table_is_aligned_and_its_header_repeated():
    """In columns as wide as what they show, Korean too, without marks that code would show."""
    rows = "".join(f"| 항목 {number} | **값** `{number}` | [a](https://b.c) |\n" for number in range(190))
    made = posts(f"Prices:\n\n| 이름 | Value | Link |\n|---|:-:|---|\n{rows}\nEnd.")
    assert len(made) > 2
    for post in made:
        assert 2 == post.count("```")
        table = post.split("```")[1].strip("\n").split("\n")
        assert table[0].startswith("이름")
        assert set(table[1]) <= {"─", " "}
        assert 1 == len({wcswidth(line[: line.index("https") - 3]) for line in table[2:]})
    assert "**" not in "".join(made)
    assert 190 == "".join(made).count("항목")
    assert made[-1].endswith("End.")


def test_a_table_that_is_too_wide_is_shown_as_it_was_said():
    text = f"| {'a' * 900} | {'b' * 500} |\n|---|---|\n| c | d |"
    assert [text] == posts(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("#### Small\ntext", "### Small\ntext"),
        ("###### *x*", "### *x*"),
        ("## Two", "## Two"),
        ("Title\n=====\n\ntext", "# Title\n\n\ntext"),
        ("a\n\n---\n\nb", f"a\n\n{RULE}\n\nb"),
        ("* * *", RULE),
        ("$$E = mc^2$$ and \\(x\\)", "`E = mc^2` and `x`"),
        ("\\[a_1 + b\\]", "`a_1 + b`"),
        ("$$\na_1\n$$", "```latex\na_1\n```"),
        ("the $n$ of $a_1$", "the `n` of `a_1`"),
        ("costs $5 and $10, `$a_1$`", "costs $5 and $10, `$a_1$`"),
        ("```\n#### a\n---\n$a_1$\n```", "```\n#### a\n---\n$a_1$\n```"),
    ],
)
def test_what_discord_does_not_know_is_readable(text, shown):
    assert [shown] == posts(text)


def test_bold_goes_on_in_the_next_post():
    """Closed where a post ends, opened again where the next begins."""
    made = posts(f"a **{('word ' * 600).strip()}** b")
    assert all(post.count("**") == 2 for post in made)


@pytest.mark.parametrize(
    "whole", ["[a long name of it](https://example.com/page)", "`some words of code here`"]
)
def test_a_link_and_code_in_a_line_are_not_cut(whole):
    made = posts(" ".join([whole] * 200))
    assert 200 == sum(post.count(whole) for post in made)


@pytest.mark.parametrize("path", sorted(ANSWERS.glob("1*.md")), ids=lambda path: path.stem)
def test_answers_that_went_wrong(path):
    """Recorded ones: balanced in every post, however far they have grown, and sealed posts stay."""
    text, pages, before = path.read_text("utf-8"), Pages(DiscordMarkup(), 2000), list[str]()
    for end in [*range(0, len(text), 61), len(text)]:
        made = pages.posts(text[:end], final=end == len(text))
        assert all(post.count("```") % 2 == 0 and len(post) <= 2000 for post in made)
        assert made[: len(before) - 1] == before[:-1]
        before = made
