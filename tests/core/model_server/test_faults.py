"""core.model_server.faults: what each fault of a model server means."""

from __future__ import annotations

from typing import get_args

import pytest
from openai.types.responses import ResponseError

from core.errors import Permanent, Retryable
from core.model_server.faults import LASTING, PASSING, fault

RETRIED = [
    *(("rate_limit_exceeded", 429), ("slow_down", 429), ("", 429), ("server_is_overloaded", 503)),
    *(
        ("server_error", 500),
        ("", 502),
        ("whatever", 599),
        ("", 408),
        ("", 409),
        ("conversation_locked", 400),
    ),
    *((code, None) for code in ("server_error", "rate_limit_exceeded", "stream_ended_early", "a_new_code")),
    ("response_gone", 404),
]

GIVEN_UP = [
    *((code, 429, "billing") for code in ("insufficient_quota", "credit_balance_exhausted")),
    *((f"{whose}_spend_limit_exceeded", 429, "billing") for whose in ("organization", "project")),
    ("organization_usage_limit_exceeded", 429, "billing"),
    ("insufficient_quota", None, "billing"),
    ("", 402, "billing"),
    ("invalid_api_key", 401, "model_auth"),
    ("", 401, "model_auth"),
    ("unsupported_country_region_territory", 403, "model_region"),
    ("model_not_found", 404, "model_missing"),
    ("model_not_found", 400, "model_missing"),
    ("context_length_exceeded", 400, "too_long"),
    ("context_length_exceeded", None, "too_long"),
    ("", 413, "too_long"),
    ("unknown_parameter", 400, "request_refused"),
    ("", 404, "model_address"),
    ("", 422, "request_refused"),
    ("invalid_prompt", None, "model_refused"),
    ("bio_policy", None, "model_refused"),
]


@pytest.mark.parametrize(("code", "status"), RETRIED)
def test_passing_faults_are_retried(code, status):
    """A fault that may pass is Retryable and carries the wait the server asked for."""
    error = fault(code, status, 7.5)
    assert isinstance(error, Retryable)
    assert error.retry_after == 7.5


@pytest.mark.parametrize(("code", "status", "notice"), GIVEN_UP)
def test_lasting_faults_name_their_notice(code, status, notice):
    """A fault that would come again is Permanent and names the text people are shown."""
    error = fault(code, status, 7.5)
    assert isinstance(error, Permanent)
    assert error.notice == notice


@pytest.mark.parametrize(
    ("code", "status", "logged"),
    [
        ("slow_down", 429, "slow_down"),
        ("", 502, "http_502"),
        ("", None, "unknown"),
        ("my own words", 400, "http_400"),
        ("my\nwords", None, "unknown"),
    ],
)
def test_the_log_always_gets_a_code(code, status, logged):
    """Where the server names no code the log still says what it was."""
    assert fault(code, status).code == logged


def test_every_code_of_a_failed_response_is_decided():
    """Once: no code that the installed SDK knows is left to the rule for unknown ones."""
    assert set(get_args(ResponseError.model_fields["code"].annotation)) <= PASSING | LASTING.keys()
    assert not PASSING & LASTING.keys()
