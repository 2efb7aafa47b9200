"""The response object while it grows, and what is remembered of its request."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from standins.openai.rules import Json
from standins.script.output import Output
from standins.script.tokens import THOUGHT


@dataclass
class Request:
    """One `POST /responses`. Times are monotonic seconds, None while it has not happened. `headers` have
    lower-case names. `status` is the HTTP status it got, 0 before its answer began. `tokens` counts the
    deltas generated for it. `cut_at` is when its connection was lost or cut before the answer's end; a
    foreground answer ends there, a background one goes on.
    """

    body: Mapping[str, Any]
    at: float
    headers: Mapping[str, str]
    status: int = 0
    response_id: str | None = None
    tokens: int = 0
    first_token_at: float | None = None
    finished_at: float | None = None
    cut_at: float | None = None


class Draft:
    """What `GET /responses/{id}` shows at each moment: one response to a validated `body`. `output` is what
    was said and done so far.
    """

    def __init__(
        self, response_id: str, body: Mapping[str, Any], input_tokens: int, output: Output, cached: int = 0
    ) -> None:
        self.id, self.output, self._cached = response_id, output, cached
        self.status = "queued" if body.get("background") else "in_progress"
        self._input_tokens, self._echo = input_tokens, _echo(body)
        self._created_at, self._billed = int(time.time()), True
        self._error: Json | None = None
        self._reason: str | None = None
        self._completed_at: int | None = None

    def complete(self) -> None:
        self.status, self._completed_at = "completed", int(time.time())

    def stop_short(self, reason: str) -> None:
        """Incomplete, in the API's words for why."""
        self.status, self._reason = "incomplete", reason

    def fail(self, code: str, message: str = "", *, billed: bool = True) -> None:
        """`billed`: it says what was used until then."""
        self._billed = billed
        self.status, self._error = (
            "failed",
            {"code": code, "message": message or f"The script fails: {code}."},
        )

    def snapshot(self) -> Json:
        over, used = self.status in ("completed", "incomplete"), self.used()
        return {
            **{"id": self.id, "object": "response", "created_at": self._created_at, "status": self.status},
            **{"completed_at": self._completed_at, "error": self._error},
            "incomplete_details": None if self._reason is None else {"reason": self._reason},
            **self._echo,
            **{"output": self.output.items if over else [], "usage": used},
        }

    def used(self) -> Json | None:
        """What is billed, once it is over."""
        if self.status not in ("completed", "incomplete", "failed") or not self._billed:
            return None
        reasoning = sum(THOUGHT for item in self.output.items if item["type"] == "reasoning")
        output = math.ceil(self.output.characters / 4) + reasoning
        return {
            "input_tokens": self._input_tokens,
            "input_tokens_details": {"cached_tokens": self._cached, "cache_write_tokens": 0},
            "output_tokens": output,
            "output_tokens_details": {"reasoning_tokens": reasoning},
            "total_tokens": self._input_tokens + output,
        }


def _echo(body: Mapping[str, Any]) -> Json:
    """The parameters of the request as the API repeats them, with its defaults."""
    reasoning = body.get("reasoning") or {}
    text = body.get("text") or {}
    tier = body.get("service_tier") or "auto"
    return {
        **{"background": bool(body.get("background")), "instructions": body.get("instructions")},
        **{"max_output_tokens": body.get("max_output_tokens"), "max_tool_calls": body.get("max_tool_calls")},
        **{"model": body["model"], "parallel_tool_calls": _or(body.get("parallel_tool_calls"), True)},
        **{"previous_response_id": None, "prompt_cache_key": body.get("prompt_cache_key")},
        "reasoning": {"effort": reasoning.get("effort") or "medium", "summary": reasoning.get("summary")},
        "safety_identifier": body.get("safety_identifier"),
        "service_tier": "default" if tier == "auto" else tier,
        "temperature": _or(body.get("temperature"), 1.0),
        "text": {"format": {"type": "text"}, "verbosity": "medium", **text},
        "tool_choice": body.get("tool_choice") or "auto",
        "tools": [_shown(tool) for tool in body.get("tools") or []],
        **{"top_logprobs": body.get("top_logprobs") or 0, "top_p": _or(body.get("top_p"), 1.0)},
        **{"truncation": body.get("truncation") or "disabled", "user": body.get("user")},
        "metadata": body.get("metadata") or {},
    }


def _shown(tool: Mapping[str, Any]) -> Json:
    """A tool without what is secret about it."""
    return {key: value for key, value in tool.items() if key not in ("authorization", "headers")}


def _or(value: object, default: object) -> object:
    return default if value is None else value
