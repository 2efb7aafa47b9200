"""The requests: what each takes, with the bounds of the reference and of SDK 3.54."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import standins.openai.rules as rule
from standins.openai.items import check_items
from standins.openai.refusal import refuse, refused
from standins.openai.rules import Sent
from standins.openai.tools import check_choice, check_strict, check_tools


def _metadata(param: str, value: Any) -> None:
    rule.OBJECT(param, value)
    refuse(len(value) > 16, "properties", param=param, given=len(value))
    for key, text in value.items():
        rule.upto(64)(param, key)
        rule.upto(512)(f"{param}.{key}", text)


def _schema(param: str, value: Any) -> None:
    if value["type"] == "json_schema":
        rule.record(" ".join(value), "name schema")(param, value)
        if value.get("strict"):
            name = f"response_format '{value['name']}'"
            check_strict(value["schema"], name=name, param=f"{param}.schema", code="invalid_json_schema")


def _stream_options(param: str, value: Any) -> None:
    rule.record("include_obfuscation")(param, value)
    rule.FLAG(f"{param}.include_obfuscation", value.get("include_obfuscation", True))


def _upload(param: str, value: Any) -> None:
    if not isinstance(value, Sent):
        raise refused("missing", param=param)


_SUMMARY: Final = rule.word("auto", "concise", "detailed")
_FORMAT: Final = rule.record(
    "name schema description strict", "type", _schema, type=rule.word("text", "json_object", "json_schema")
)
_INCLUDE: Final = rule.word(
    *("file_search_call.results", "web_search_call.results", "web_search_call.action.sources"),
    *("message.input_image.image_url", "computer_call_output.output.image_url"),
    *("code_interpreter_call.outputs", "reasoning.encrypted_content", "message.output_text.logprobs"),
)
RESPONSE: Final[Mapping[str, rule.Rule]] = {
    **rule.each(rule.anything, "conversation input tool_choice"),
    **rule.each(rule.FLAG, "background parallel_tool_calls store stream"),
    **rule.each(rule.TEXT, "instructions model previous_response_id user"),
    **rule.each(rule.OBJECT, "access_programs background_options image moderation prompt"),
    "context_management": rule.ARRAY,
    "include": rule.array(_INCLUDE),
    "max_output_tokens": rule.number(16),
    "max_tool_calls": rule.number(1),
    "metadata": _metadata,
    "prompt_cache_key": rule.upto(64),
    "prompt_cache_options": rule.OBJECT,
    "prompt_cache_retention": rule.word("in_memory", "24h"),
    "reasoning": rule.record(
        "context mode",
        # of gpt-6-luna; the API knows `minimal` too, for older models
        effort=rule.word("none", "low", "medium", "high", "xhigh", "max"),
        summary=_SUMMARY,
        generate_summary=_SUMMARY,
    ),
    "safety_identifier": rule.upto(128),
    "service_tier": rule.word("auto", "default", "flex", "scale", "priority", "fast", "ultrafast"),
    "stream_options": _stream_options,
    "temperature": rule.number(0, 2, kind="a decimal"),
    "text": rule.record("", format=_FORMAT, verbosity=rule.word("low", "medium", "high")),
    "tools": lambda _, value: check_tools(value),
    "top_logprobs": rule.number(0, 20),
    "top_p": rule.number(0, 1, kind="a decimal"),
    "truncation": rule.word("auto", "disabled"),
}
PORTABLE: Final = frozenset(
    {
        *("model", "input", "instructions", "tools", "stream", "store", "max_output_tokens", "temperature"),
        *("top_p", "metadata", "tool_choice", "parallel_tool_calls", "text"),
    }
)
"""What every compatible server understands."""
_WHOLE: Final = rule.record("", **RESPONSE)
_PORTABLE: Final = rule.record("", **{name: RESPONSE[name] for name in PORTABLE})


def check(body: Any, *, portable: bool = False, hosted: bool = True) -> None:
    """`POST /responses`. Raises the Refusal that is due; whether the model exists is asked elsewhere."""
    (_PORTABLE if portable else _WHOLE)("", body)
    refuse(not body.get("model"), "missing", param="model")
    check_choice(body.get("tool_choice"), body.get("tools") or [])
    if not hosted or portable:
        check_tools(body.get("tools") or [], ("function",))
    for name, due in _TOGETHER.items():
        if due(body, portable):
            id = body.get("conversation") or body.get("previous_response_id")
            raise refused(name, id=id)
    _check_input(body)


_TOGETHER: Final[Mapping[str, Callable[[Any, bool], object]]] = {
    "portable store": lambda body, portable: portable and body.get("store"),
    "stream_options": lambda body, _: body.get("stream_options") is not None and not body.get("stream"),
    "background": lambda body, _: body.get("background") and body.get("store") is False,
    "exclusive": lambda body, _: None not in (body.get("conversation"), body.get("previous_response_id")),
    "conversation": lambda body, _: body.get("conversation") is not None,
    "previous": lambda body, _: body.get("previous_response_id") is not None,
}
"""Refusals of fields that need or exclude one another, and of what lives only on the real server."""


def _check_input(body: Mapping[str, Any]) -> None:
    given = body.get("input")
    if given is None or given == []:
        raise refused("missing", param="input")
    if isinstance(given, list):
        check_items(given, stored=body.get("store") is not False)
    else:
        rule.typed("input", given, "a string" if isinstance(given, str) else "one of a string or array")
    form = ((body.get("text") or {}).get("format") or {}).get("type")
    if form == "json_object" and "json" not in f"{given}{body.get('instructions')}".lower():
        raise refused("word json")


@dataclass(frozen=True, slots=True)
class Takes:
    """What a request takes: JSON, or a form with a file, or parameters in its address. `page`: how many are
    listed when the request does not say.
    """

    json: rule.Rule | None = None
    form: rule.Rule | None = None
    query: rule.Rule | None = None
    page: int = 20


def _listed(most: int = 100, **more: rule.Rule) -> rule.Rule:
    order = rule.word("asc", "desc")
    return rule.record("after before", limit=rule.numeral(1, most), order=order, **more)


def _expires(anchor: str, unit: str, life: rule.Rule) -> rule.Rule:
    return rule.record("", f"anchor {unit}", anchor=rule.word(anchor), **{unit: life})


def _chunking(param: str, value: Any) -> None:
    rule.chosen({"auto": rule.record("type"), "static": _STATIC})(param, value)


def _overlap(param: str, value: Any) -> None:
    refuse(value["chunk_overlap_tokens"] * 2 > value["max_chunk_size_tokens"], "overlap", param=param)


_STATIC: Final = rule.record(
    "type",
    "static",
    static=rule.record(
        "",
        "max_chunk_size_tokens chunk_overlap_tokens",
        _overlap,
        max_chunk_size_tokens=rule.number(100, 4096),
        chunk_overlap_tokens=rule.number(0),
    ),
)


def _attributes(param: str, value: Any) -> None:
    """As metadata, but that numbers and truths may stand there."""
    rule.OBJECT(param, value)
    _metadata(param, {key: "" if isinstance(one, int | float) else one for key, one in value.items()})


_ENTRY: Final = rule.record(
    "", "file_id", file_id=rule.TEXT, attributes=_attributes, chunking_strategy=_chunking
)
_STATUS: Final = rule.word("in_progress", "completed", "failed", "cancelled")
_FILTER: Final = rule.record(
    "key value filters",
    "type",
    type=rule.word("eq", "ne", "gt", "gte", "lt", "lte", "in", "nin", "and", "or"),
)
_DAYS: Final = _expires("last_active_at", "days", rule.number(1, 365))
REQUESTS: Final[Mapping[str, Takes]] = {
    "GET /files": Takes(query=_listed(10_000, purpose=rule.TEXT), page=10_000),
    "POST /files": Takes(
        form=rule.record(
            "",
            "file purpose",
            file=_upload,
            purpose=rule.word("assistants", "batch", "fine-tune", "vision", "user_data", "evals"),
            expires_after=_expires("created_at", "seconds", rule.numeral(3600, 2_592_000)),
        )
    ),
    "POST /audio/transcriptions": Takes(
        form=rule.record(
            "chunking_strategy include keywords known_speaker_names known_speaker_references language "
            "languages prompt stream temperature timestamp_granularities",
            "file model",
            file=_upload,
            model=rule.pattern(".+"),
            response_format=rule.word("json", "text"),
        )
    ),
    "POST /vector_stores": Takes(
        json=rule.record(
            "description",
            name=rule.TEXT,
            chunking_strategy=_chunking,
            file_ids=rule.array(rule.TEXT),
            expires_after=_DAYS,
            metadata=_metadata,
        )
    ),
    "GET /vector_stores": Takes(query=_listed()),
    "POST /vector_stores/{id}": Takes(
        json=rule.record("", name=rule.TEXT, expires_after=_DAYS, metadata=_metadata)
    ),
    "POST /vector_stores/{id}/search": Takes(
        json=rule.record(
            "rewrite_query",
            "query",
            query=rule.either(rule.TEXT, rule.array(rule.TEXT, least=1)),
            filters=_FILTER,
            max_num_results=rule.number(1, 50),
            ranking_options=rule.record(
                "",
                ranker=rule.word("none", "auto", "default-2024-11-15"),
                score_threshold=rule.number(0, 1, kind="a decimal"),
            ),
        )
    ),
    "POST /vector_stores/{id}/files": Takes(json=_ENTRY),
    "GET /vector_stores/{id}/files": Takes(query=_listed(filter=_STATUS)),
    "POST /vector_stores/{id}/files/{file}": Takes(json=rule.record("attributes", attributes=_attributes)),
    "POST /vector_stores/{id}/file_batches": Takes(
        json=rule.record(
            "",
            file_ids=rule.array(rule.TEXT),
            files=rule.array(_ENTRY),
            attributes=_attributes,
            chunking_strategy=_chunking,
        )
    ),
    "GET /vector_stores/{id}/file_batches/{batch}/files": Takes(query=_listed(filter=_STATUS)),
    "GET /responses/{id}": Takes(
        query=rule.record("stream include_obfuscation include", starting_after=rule.numeral(-1))
    ),
}
"""By method and address; `POST /responses` has a table of its own. What is not here takes nothing."""
