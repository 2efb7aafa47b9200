"""Why a run did not end as it should, told to whoever runs Spool: the chat was told in other words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from core.model_server.faults import LASTING

_WORDS: Final[Mapping[str, str]] = {
    "run_deadline": "timeout",
    "model_idle": "model_unavailable",
    "interrupted": "interrupted",
    "unexpected": "internal",
    "unreachable": "unshowable",
    "event_too_large": "answer_limit",
    "message deleted": "stopped",
}
"""The text that says it, of errors that are our own."""
_STATUS: Final[Mapping[str, str]] = {
    "failed": "model_unavailable",
    "cancelled": "stopped",
    "expired": "timeout",
    "incomplete": "max_output_tokens",
}
"""And where the error has none."""
TOLD: Final[Mapping[str, tuple[str, str]]] = {
    "model_unavailable": (
        "The model server did not answer properly, however often it was asked.",
        "여러 번 요청했지만 모델 서버가 제대로 응답하지 않았습니다.",
    ),
    "model_auth": ("The model server refused the API key.", "모델 서버가 API 키를 거부했습니다."),
    "model_missing": (
        "The model server does not have this model, or not for this key.",
        "모델 서버에 이 모델이 없거나 이 키로는 쓸 수 없습니다.",
    ),
    "model_address": (
        "There is no model server at OPENAI_BASE_URL.",
        "OPENAI_BASE_URL 주소에 모델 서버가 없습니다.",
    ),
    "model_moved": (
        "The address in OPENAI_BASE_URL leads somewhere else.",
        "OPENAI_BASE_URL의 주소가 다른 곳으로 이어집니다.",
    ),
    "model_region": (
        "The model server is not offered in the country or region Spool runs in.",
        "Spool이 실행되는 국가나 지역에서는 모델 서버를 쓸 수 없습니다.",
    ),
    "billing": (
        "The account at the model server has run out of credit, or has reached its limit.",
        "모델 서버 계정의 크레딧이 떨어졌거나 한도에 도달했습니다.",
    ),
    "LIMIT_PERSON_DAY": ("That person's day is spent.", "그 사람이 하루에 쓸 수 있는 금액을 다 썼습니다."),
    "LIMIT_MONTH": ("The month's money is spent.", "이번 달에 쓸 수 있는 금액을 다 썼습니다."),
    "unpriced": ("PRICES_FILE has no price of its model.", "PRICES_FILE에 이 모델의 가격이 없습니다."),
    "too_long": (
        "The conversation is longer than the model can read at once.",
        "대화가 모델이 한 번에 읽을 수 있는 길이를 넘었습니다.",
    ),
    "model_refused": (
        "The model server refused to answer this question.",
        "모델 서버가 이 질문에 답하기를 거부했습니다.",
    ),
    "request_refused": (
        "The model server does not accept what it was sent; the log says why.",
        "모델 서버가 보낸 요청을 받아들이지 않았습니다. 이유는 로그에 있습니다.",
    ),
    "file_refused": (
        "The model server does not take a file of this thread.",
        "모델 서버가 이 스레드의 파일을 받지 않았습니다.",
    ),
    "file_gone": (
        "A file of this thread is no longer at the model server.",
        "이 스레드의 파일이 더는 모델 서버에 없습니다.",
    ),
    "timeout": ("It took longer than it may.", "허용된 시간을 넘겼습니다."),
    "interrupted": (
        "The process died several times while it answered.",
        "답하는 동안 프로세스가 여러 번 중단되었습니다.",
    ),
    "unshowable": (
        "The platform did not accept the post.",
        "플랫폼이 게시물을 받아들이지 않았습니다.",
    ),
    "internal": (
        "Spool made a mistake; the log says more.",
        "Spool의 오류입니다. 자세한 내용은 로그에 있습니다.",
    ),
    "stopped": (
        "It was stopped, or the question was deleted.",
        "멈추었거나 질문이 삭제되었습니다.",
    ),
    "max_output_tokens": ("The answer reached its length limit.", "답변이 길이 한도에 도달했습니다."),
    "answer_limit": (
        "The answer became too long and was ended.",
        "답변이 너무 길어져 여기서 끝냈습니다.",
    ),
    "content_filter": (
        "The model server's content filter ended the answer.",
        "모델 서버의 콘텐츠 필터가 답변을 끝냈습니다.",
    ),
    "empty_answer": ("The model server gave an empty answer.", "모델 서버가 빈 답변을 보냈습니다."),
    "incomplete": ("The answer ended early.", "답변이 일찍 끝났습니다."),
}
"""By the name of the notice in the chat: what whoever runs Spool reads. The page's own words say the cure."""


def why(status: str, error: str | None, language: str) -> dict[str, Any] | None:
    """Why it did not end as it should, in our own words; None where it did, or goes on."""
    if status not in _STATUS:
        return None
    code = (error or status).partition(": ")[0]
    known = LASTING.get(code) or _WORDS.get(code, code)
    words = TOLD.get(known) or TOLD[_STATUS[status]]
    return {"code": code, "message": words[language == "ko"]}
