"""core.texts: every text in every language, short, and the right one for whoever reads it."""

from __future__ import annotations

from typing import get_args

import pytest

from core.model_server.faults import LASTING, fault
from core.texts import TEXTS, of_script, text
from core.types import Kind

KEYS = sorted(TEXTS["en"])


def test_every_language_has_every_text():
    """And none has one that the others lack. What needs no model is said by its name; help has two lines."""
    assert [KEYS, KEYS] == [sorted(texts) for texts in TEXTS.values()]
    assert set(get_args(Kind)) - {"ask", "memory", "run", "limited"} <= set(KEYS)
    assert [2, 2] == [len(texts["help"].splitlines()) for texts in TEXTS.values()]


@pytest.mark.parametrize("key", KEYS)
def test_texts_are_short_and_ping_nobody(key):
    """They fit into one post of either platform, and into one notification; none was left in English."""
    for texts in TEXTS.values():
        assert 0 < len(texts[key]) < 500
        assert not set(texts[key]) & set("<>`*_~")
        assert texts[key].strip() == texts[key]
    assert any("가" <= letter <= "힣" for letter in TEXTS["ko"][key])
    assert TEXTS["en"][key] != TEXTS["ko"][key]


def test_every_notice_of_a_fault_has_a_text():
    """Whatever a model server may say."""
    notices = {fault(code, status).notice for code in ("", *LASTING) for status in (None, *range(400, 600))}
    assert notices <= set(KEYS)


@pytest.mark.parametrize(
    ("locale", "default", "language"),
    [
        ("ko", "en", "ko"),
        ("ko-KR", "en", "ko"),
        ("ko_KR", "en", "ko"),
        ("KO", "en", "ko"),
        ("en-GB", "ko", "en"),
        ("", "ko", "ko"),
        ("fr-FR", "ko", "ko"),
        ("fr", "en", "en"),
        ("kok", "en", "en"),
        ("", "fr", "en"),
    ],
)
def test_the_locale_decides_then_the_default(locale, default, language):
    """A language we do not have is answered in the default one; English is the last resort."""
    assert TEXTS[language]["help"] == text("help", locale, default)


@pytest.mark.parametrize(
    ("words", "locale"),
    [
        ("오늘 회의 요약해 줘", "ko"),
        ("PDF 파일 summary 부탁", "ko"),
        ("\u110e\u1169", "ko"),
        ("초기화", "ko"),
        ("ㅋㅋ", "ko"),
        ("translate 안녕하세요 to English", ""),
        ("hello", ""),
        ("東京の天気", ""),
        ("42!", ""),
        ("", ""),
    ],
)
def test_the_script_speaks_where_nobody_tells_a_locale(words, locale):
    """Korean where no fewer words are Korean than are not."""
    assert locale == of_script(words)
