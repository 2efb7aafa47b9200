"""What a model server's fault means to the run that met it: one table, used by every model.

Codes are those of the Responses API (`error.code` of an HTTP error, of an `error` event, or of a failed
response), read in openai-python 3.54 and in the API's error guide. A known code decides; else the words of
the servers that speak this API too (vLLM, llama.cpp, LiteLLM, Ollama and others), which put numbers or
nothing into `code`; else the HTTP status. See `docs/glossary.md` for the notices.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

from core.concurrency import Backoff
from core.errors import Permanent, Retryable
from core.model_server import hints

AGAIN: Final = "again"
PASSING: Final = frozenset(
    {
        "rate_limit_exceeded",
        "slow_down",
        "server_error",
        "server_is_overloaded",
        "conversation_locked",
        "vector_store_timeout",
        "stream_ended_early",
        "response_gone",
    }
)
"""Worth another try whatever the status. The last two are ours: no terminal event; nothing to resume."""
RATE_LIMITS: Final = frozenset({"rate_limit_exceeded", "slow_down", "http_429"})
"""Codes of requests that come too soon: they are worth more patience than a server's own trouble."""

LASTING: Final = {
    "insufficient_quota": "billing",
    "credit_balance_exhausted": "billing",
    "organization_spend_limit_exceeded": "billing",
    "project_spend_limit_exceeded": "billing",
    "organization_usage_limit_exceeded": "billing",
    "billing_hard_limit_reached": "billing",
    "invalid_api_key": "model_auth",
    "unsupported_country_region_territory": "model_region",
    "model_not_found": "model_missing",
    "context_length_exceeded": "too_long",
    "exceed_context_size_error": "too_long",
    "invalid_prompt": "model_refused",
    "bio_policy": "model_refused",
    "misalignment_policy_violation": "model_refused",
    "content_filter": "model_refused",
    "data_residency_mismatch": "request_refused",
    **dict.fromkeys(
        (
            "invalid_image",
            "invalid_image_format",
            "invalid_base64_image",
            "invalid_image_url",
            "image_too_large",
            "image_too_small",
            "image_parse_error",
            "image_content_policy_violation",
            "invalid_image_mode",
            "image_file_too_large",
            "unsupported_image_media_type",
            "empty_image_file",
            "failed_to_download_image",
            "image_file_not_found",
        ),
        "file_refused",
    ),
}
"""Code to notice: the same request fails again until something is changed."""


class Rule(NamedTuple):
    """What words mean, where one of these statuses stands beside them (None: a fault met inside a stream)."""

    notice: str
    statuses: Collection[int | None]
    words: re.Pattern[str]


def _rule(notice: str, statuses: Collection[int | None], *words: str) -> Rule:
    return Rule(notice, statuses, re.compile("|".join(words), re.IGNORECASE | re.DOTALL))


_ASKED: Final = frozenset({400, 404, 413, 415, 422})
"""Where a server says that it does not take what it was asked."""
_ANY: Final = frozenset({None, *range(400, 600)})
_FILE: Final = (
    r"\b(images?|pictures?|vision|pdfs?|files?|documents?|multi-?modal|media[ _]type|base64"
    r"|input_(image|file))\b"
)
RULES: Final = (
    _rule("too_long", _ANY, r"request too large", r"input or output tokens must be reduced"),
    _rule("billing", _ANY, r"credit balance is too low", r"insufficient (account )?(balance|credits?|funds)"),
    _rule(AGAIN, {408, 409, 425, 429}, ""),
    _rule(
        "too_long",
        _ANY - {401, 403, 404},
        r"context[ _-]?(length|window|size|limit)",
        r"(maximum|max)[ _](model|prompt|input|sequence)[ _]?len",
        r"(input|prompt|request|conversation)( is| are)? too long",
        r"too many (input |total |prompt )?tokens",
        r"(reduce|shorten) the (length|size) of",
        r"token count.{0,80}exceed",
        r"exceed.{0,80}number of tokens",
        r"tokens?`? \+ .{0,40}must be <=",
        r"must have less than \d+ tokens",
        r"context the overflows",
    ),
    _rule(
        "model_region",
        {400, 403, 451},
        r"(country|region|territory|location)\b.{0,60}not (supported|available|allowed)",
        r"not (supported|available) in (your|this) (country|region|location)",
    ),
    _rule(
        "model_auth",
        {400, 403},
        r"(invalid|incorrect|expired|missing|no) (x-)?api[ _-]?key",
        r"api[ _-]?key.{0,40}(not valid|invalid|not found|expired|not passed)",
        r"authentication",
    ),
    _rule(
        "tools_refused",
        _ASKED,
        r"(not support|no endpoints found that support|without)\b.{0,30}\b(tools?|functions?)\b",
        r"\b(tools?|functions?)( calling| use| calls?)?\b.{0,20}not (be )?(supported|enabled|available)",
        r"enable-auto-tool-choice",
    ),
    _rule(
        "file_refused",
        _ASKED,
        _FILE + r".{0,80}(invalid|not|unsupported|unable|fail|could|corrupt|encrypt|password|too |animated)",
        r"(invalid|unsupported|not support|does not|unable|fail|could|cannot|can't|no endpoints).{0,80}"
        + _FILE,
    ),
    _rule("no_transcription", _ASKED, r"not support.{0,30}(transcri|audio|speech)"),
    _rule(
        "model_missing",
        {400, 401, 403, 404, 422},
        r"(invalid|unknown|no such|unsupported|unrecognized) model",
        r"\bmodels?\b.{0,60}(not (exist|found|available|a? ?valid|supported)|doesn't exist)",
        r"\bmodels?\b.{0,60}(unavailable|decommission|deprecat|no longer)",
        r"(access to|access|not a valid) (the )?model",
        r"provider not provided",
        r"no (healthy deployments|endpoints found)",
    ),
    _rule(
        "model_refused",
        {None, 400, 403, 422, 451},
        r"content[ _](management[ _])?(policy|filter)",
        r"usage polic",
        r"\bflagged\b",
        r"safety (system|polic|filter|check)",
    ),
    _rule("billing", {402}, ""),
    _rule("model_auth", {401, 403}, ""),
    _rule("model_address", {404, 405, 501}, ""),
    _rule("too_long", {413}, ""),
    _rule(AGAIN, {None, *range(500, 600)}, ""),
)
"""The first that fits decides; where none does, the server does not take our request as it is."""

OPTIONAL: Final = {
    "stream": r"stream(ing)?",
    "stream_options": r"stream_options",
    "store": r"[\"'`]store[\"'`]",
    "reasoning": r"reasoning(_effort|\.effort)?|thinking",
    "temperature": r"temperature",
    "top_p": r"top_p",
    "text": r"text\.(format|verbosity)|[\"'`]text[\"'`]|response_format|json_schema",
    "tool_choice": r"tool_choice",
    "parallel_tool_calls": r"parallel_tool_calls",
    "max_output_tokens": r"max_output_tokens",
    "prompt_cache_key": r"prompt_cache_key",
    "safety_identifier": r"safety_identifier|[\"'`]user[\"'`]",
}
"""Fields a request can do without, and how they are called in words."""
_UNWANTED: Final = re.compile(
    r"unsupported|not (be )?(supported|permitted|allowed|accepted)|(not|doesn't|cannot) (support|accept)"
    r"|unknown|unrecogni[sz]ed|unexpected|extra (inputs|fields)|extra_forbidden|verified to stream",
    re.IGNORECASE,
)
_CODE: Final = re.compile(r"(?!(None|null|error)\Z)[A-Za-z][\w.-]{0,63}\Z")
_LOC: Final = re.compile(r"\bloc\W+body\W+(\w+)")
"""Where a list of what is wrong, written out in words, says the place."""
_NUMBERS: Final = re.compile(r"\d[\d,_]*\d")
SMALLEST_WINDOW: Final = 256
"""Tokens; a smaller number among the words is none of a window."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a server says with a fault. `status` is None inside a stream; `codes` are `code` and `type`."""

    status: int | None = None
    codes: tuple[str, ...] = ()
    param: str = ""
    message: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """All of it, to be searched."""
        return f"{' '.join(self.codes)} {self.param} {self.message}"

    @property
    def detail(self) -> str:
        """For the log. Its message may repeat what people said: see `core.model_server.redaction`."""
        about = {"status": self.status, "code": " ".join(self.codes), "param": self.param}
        told = [f"{name} {value}" for name, value in about.items() if value]
        return ", ".join(told) + (f": {self.message}" if self.message else "")


class Refused(Permanent):
    """What a server will not do. `fields`: those it names that a request can do without."""

    def __init__(self, code: str, notice: str, said: Said) -> None:
        super().__init__(code, notice=notice)
        self.said = said
        self.fields = _fields(said) if notice not in ("too_long", "billing", "model_auth") else frozenset()

    @property
    def window(self) -> int | None:
        """Tokens the server takes at once, where it told them with a request that was too long."""
        numbers = [int(re.sub(r"\D", "", one)) for one in _NUMBERS.findall(self.said.message)]
        return min((one for one in numbers if one >= SMALLEST_WINDOW), default=None)


def fault(code: str, status: int | None = None, retry_after: float | None = None) -> Retryable | Permanent:
    """The error to raise for a fault of which no more is known than this; the caller raises it.

    `code` may be "" where the server gave none. `retry_after` in seconds is kept only by a `Retryable`.
    """
    return met(Said(status, (code,) if code else ()), retry_after)


def refusal(body: object, status: int | None = None, headers: Mapping[str, str] | None = None) -> Said:
    """What an answer says: a body of any shape, or the `error` of one.

    A code that is a number is a status.
    """
    given = body.get("error") or body if isinstance(body, Mapping) else body
    error: Mapping[str, Any] = given if isinstance(given, Mapping) else {"message": given}
    told = error.get("message") or error.get("detail") or error.get("msg") or error.get("error") or ""
    entries = [one for one in told if isinstance(one, Mapping)] if isinstance(told, list) else []
    names = [error.get("code"), error.get("type"), *(one.get("type") for one in entries)]
    numbers = [int(name) for name in map(str, names) if re.fullmatch(r"[45]\d\d", name)]
    codes = tuple(dict.fromkeys(str(name) for name in names if _CODE.match(str(name or "None"))))
    param = str(error.get("param") or "") or ", ".join(_place(one.get("loc")) for one in entries)
    message = "; ".join(str(one.get("msg")) for one in entries) or _text(told)
    if status is None and numbers:
        status = numbers[0]
    return Said(status, codes, "" if param == "None" else param, message, headers or {})


def failure(error: object) -> Retryable | Permanent:
    """The error to raise for an `error` event, or for the error of a failed response."""
    said = refusal(error)
    return met(said if said.codes or said.status else replace(said, codes=("server_error",)))


def met(said: Said, retry_after: float | None = None) -> Retryable | Permanent:
    """The error to raise for it. A fault nobody knows, met inside a stream, is retried: attempts are bounded,
    and giving up at once might lose an answer.
    """
    known = next((code for code in said.codes if code in LASTING), said.codes[0] if said.codes else "")
    plain = known if _CODE.match(known) else ""  # what has no shape of a code might be somebody's words
    named = plain or ("unknown" if said.status is None else f"http_{said.status}")
    if said.status in (429, 503) and known not in LASTING and known not in PASSING:
        named = f"http_{said.status}"  # whatever that server calls it
    notice = _notice(known, said)
    error: Retryable | Permanent
    if notice == AGAIN:
        after = hints.wait(said.headers, said.message) if retry_after is None else retry_after
        error = Retryable(named, retry_after=after)
    else:
        error = Refused(named, notice, said)
    error.detail = said.detail
    return error


def _notice(code: str, said: Said) -> str:
    words, status = said.words, said.status
    if code in LASTING:
        return LASTING[code]
    if status in (400, 404, 422) and (about := _about(said)):
        return about
    if code in RATE_LIMITS:
        status = 429
    fitting = (rule for rule in RULES if status in rule.statuses and rule.words.search(words))
    notice = next((rule.notice for rule in fitting), "request_refused")
    return AGAIN if code in PASSING and notice not in ("too_long", "billing") else notice


def _about(said: Said) -> str:
    """The notice of a refusal that is about something the request names or refers to."""
    root = re.split(r"[.\[]", said.param)[0]
    if root in ("tools", "tool_choice"):
        return "tools_refused"
    if root == "model":
        return "model_missing"
    if re.search(r"\.(image_url|file_data|file_url)\b", said.param):
        return "file_refused"
    message = said.message.lower()
    if "invalid url" in message:
        return "model_address"
    if said.status == 404 or "expired" in message:
        if "container" in message:
            return "tools_refused"
        return "file_gone" if "file" in message or "vector store" in message else ""
    return ""


def _fields(said: Said) -> frozenset[str]:
    """The optional fields of a request that are refused: named by their place, else in words."""
    if said.status not in (None, 400, 422):
        return frozenset()
    root = re.split(r"[.\[]", said.param.removeprefix("body."))[0]
    if root in OPTIONAL:
        return frozenset({root, *_named(said.param)})
    if not _UNWANTED.search(said.words):
        return frozenset()
    places = " ".join(_LOC.findall(said.words))
    return frozenset(_named(places or said.words))


def _named(words: str) -> Iterator[str]:
    return (
        name for name, called in OPTIONAL.items() if re.search(rf"(?<![\w-])(?:{called})(?![\w-])", words)
    )


def _place(loc: object) -> str:
    steps = [str(step) for step in loc] if isinstance(loc, list | tuple) else []
    return ".".join(steps[1:] if steps[:1] == ["body"] else steps)


def _text(told: object) -> str:
    """A page of some proxy without its tags."""
    text = told if isinstance(told, str) else str(told or "")
    return " ".join(re.sub(r"<[^>]*>", " ", text).split()) if text.lstrip().startswith("<") else text.strip()


TRIES: Final = Backoff(first=0.5)
"""Between the attempts of a run; each failure counts twice, so the pauses grow fourfold."""


def pause(attempt: int, error: Retryable, left: float) -> float:
    """Seconds before the next attempt: what the server asks for, never less, never in step with others.

    A limit that does not tell when it ends fills up again within a minute or so: it is given more time, as
    far as the run has it `left`.
    """
    failures = 2 * attempt - 1
    if error.retry_after is None and error.code in RATE_LIMITS:
        return Backoff(first=5.0, most=max(TRIES.first, left / 4)).pause(failures)
    return TRIES.pause(failures, error)
