"""bots.replies.commands: what people are told of a command."""

from __future__ import annotations

from typing import get_args, get_type_hints

import pytest

from bots.replies.commands import choice_text, memory_text, model_text, reset_text
from core.assistants.choose import Choice
from core.assistants.model_choice import ModelChoice
from core.assistants.remarks import Remark
from core.runs.summaries import NOTHING, Held
from core.texts import TEXTS
from core.types import Assistant

HELPBOT = Assistant("asst_1", "HelpBot", "gpt-6-luna")
OTHERS = (Assistant("asst_2", "Poet", "m"), Assistant("asst_3", "", "m"))
MANY = tuple(Assistant(f"asst_{n}", f"Bot{n} " + "x" * 200 * (n % 2), "m") for n in range(60))


@pytest.mark.parametrize(("locale", "language"), [("ko-KR", "en"), ("", "ko"), ("en", "ko")])
@pytest.mark.parametrize("outcome", get_args(get_type_hints(Choice)["outcome"]))
def test_every_outcome_has_its_words(outcome, locale, language):
    said = choice_text(Choice(outcome, HELPBOT, OTHERS, "x"), locale, language)

    words = TEXTS["en" if locale == "en" else "ko"]
    assert said.startswith(words[f"assistant_{outcome}"].split("{")[0])
    assert "{" not in said


def test_who_answers_and_who_else_could():
    current, others = choice_text(Choice("current", HELPBOT, OTHERS), "en", "en").split("\n")

    assert all(word in current for word in ("HelpBot", "asst_1", "gpt-6-luna"))
    assert "Poet (asst_2), asst_3 (asst_3)" in others
    assert "\n" not in choice_text(Choice("current", HELPBOT), "en", "en")


def test_what_was_typed_is_short_and_no_markup():
    said = choice_text(Choice("unknown", None, OTHERS, "Help`Bot2" + "x" * 500), "en", "en")

    assert "“HelpBot2x" in said
    assert len(said) < 500


@pytest.mark.parametrize("outcome", ["current", "unknown"])
def test_many_assistants_fit_into_one_reply(outcome):
    said = choice_text(Choice(outcome, HELPBOT, MANY), "en", "en")

    assert len(said) < 2000
    assert "Bot3" in said
    assert "…" in said


@pytest.mark.parametrize(
    ("held", "key"),
    [(None, "topic"), (NOTHING, "empty"), (Held(4, 90, 0, 4), "whole"), (Held(9, 90, 5, 4), "summarised")],
)
def test_memory_is_told(held, key):
    assert memory_text(held, "ko", "en").startswith(TEXTS["ko"][f"memory_{key}"].split("{")[0])


@pytest.mark.parametrize("locale", ["en", "ko"])
@pytest.mark.parametrize(
    ("outcome", "key", "told"),
    [
        ("current", "model_current", "gpt-6-luna"),
        ("set", "model_set", "It ends soon."),
        ("admins", "assistant_admins", "ADMINS"),
        ("refused", "model_unfit", "gpt-6-sol"),
        ("asking", "model_asking", "“x”"),
    ],
)
def test_what_becomes_of_a_model_is_told(outcome, key, told, locale):
    """With the reason, and with what to use instead."""
    about = {"text": "It ends soon.", "replacement": "gpt-6-sol"}
    remarks = (Remark("model_warning", about),) if outcome in ("set", "refused") else ()

    said = model_text(ModelChoice(outcome, HELPBOT, remarks, "`x"), locale, "en")

    assert said.startswith(TEXTS[locale][key].split("{")[0])
    assert told in said
    assert "{" not in said


def test_a_reset_that_cannot_be_is_explained():
    assert TEXTS["ko"]["reset_topic"] == reset_text(None, "ko", "en")
