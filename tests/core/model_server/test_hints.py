"""model_server.hints and model_server.redaction: when to ask again; what of a refusal may be logged."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.model_server.hints import wait
from core.model_server.redaction import LONGEST, RUN, cut_out
from core.types import Prompt

NOW = "Wed, 21 Oct 2026 07:28:00 GMT"


@pytest.mark.parametrize(
    ("headers", "message", "seconds"),
    [
        ({}, "no", None),
        ({"retry-after-ms": "6000"}, "", 6.0),
        ({"Retry-After": "7"}, "", 7.0),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:09 GMT", "Date": NOW}, "", 9.0),
        ({"Retry-After": "Wed, 21 Oct 2026 07:27:00 GMT", "Date": NOW}, "", 0.0),
        ({"Retry-After": "soon"}, "", None),
        ({}, "Please try again in 6s. See x.", 6.0),
        ({}, "Please try again in 1m30.5s", 90.5),
        ({}, "try again in 250ms", 0.25),
        ({}, "Please retry after 10 seconds.", 10.0),
        ({}, "Please wait 2 minutes and 5 seconds", 125.0),
        ({}, '"retryDelay": "34s"', 34.0),
        ({}, "Try again later. Limit 10 m", None),
        ({"retry-after-ms": "100", "Retry-After": "2"}, "try again in 3s", 3.0),
        ({"x-ratelimit-reset-tokens": "6m0s", "x-ratelimit-remaining-tokens": "12"}, "", None),
        ({"x-ratelimit-reset-tokens": "12ms", "x-ratelimit-remaining-tokens": "0"}, "", 0.012),
        ({"x-ratelimit-reset-requests": "8s"}, "", 8.0),
        ({"x-ratelimit-reset-requests": "8s", "Retry-After": "1"}, "", 1.0),
        ({"x-ratelimit-reset": "1792567685", "x-ratelimit-remaining": "0", "Date": NOW}, "", 5.0),
        ({"x-ratelimit-reset": "1792567685000", "x-ratelimit-remaining": "0", "Date": NOW}, "", 5.0),
    ],
)
def test_the_longest_hint_counts(headers, message, seconds):
    """Wherever it stands; a limit that is not used up is none."""
    assert (
        seconds == pytest.approx(wait(headers, message), abs=0.001)
        if seconds
        else seconds == wait(headers, message)
    )


WORDS = st.text(min_size=RUN, max_size=200)


@given(
    WORDS, st.sampled_from([str, repr, json.dumps, lambda text: json.dumps([{"c": text}])]), st.integers(0, 9)
)
def test_nothing_people_said_is_logged(text, written, cut):
    """However a server repeats it: as it is, quoted, escaped, in part, with its lines broken."""
    assert callable(written)
    prompt = Prompt("m", "Be kind.", (json.dumps({"role": "user", "content": text}),), "t", "u")
    message = f"bad: {written(text)[cut:]} and that is all"
    told = cut_out(message, prompt)
    plain = " ".join(text.split())
    assert len(told) <= LONGEST
    assert not any(plain[at : at + RUN] in told for at in range(len(plain) - RUN + 1) if plain[at : at + RUN])
    assert told.startswith("bad")


def test_what_the_server_says_itself_stays():
    """With the names it is about."""
    prompt = Prompt(
        "claude-sonnet-4-5-20250929", "Be kind.", ('{"role":"user","content":"hello there"}',), "t", "u"
    )
    message = "Invalid model name passed in model=claude-sonnet-4-5-20250929. hello"
    assert message == cut_out(message, prompt)
