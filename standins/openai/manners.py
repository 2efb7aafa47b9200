"""How servers of other makes differ from OpenAI: what they refuse, and in which words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from standins.openai.refusal import Refusal, refused

TOO_LONG: Final[dict[str, dict[str, Any]]] = {
    "vllm": {
        "message": "This model's maximum context length is {window} tokens. However, you requested 0 output "
        "tokens and your prompt contains at least {tokens} input tokens.",
        "type": "BadRequestError",
        "param": "input_tokens",
        "code": 400,
    },
    "llama.cpp": {
        "message": "request ({tokens} tokens) exceeds the available context size ({window} tokens), try "
        "increasing it",
        "type": "exceed_context_size_error",
        "code": 400,
    },
    "litellm": {
        "message": "litellm.ContextWindowExceededError: litellm.BadRequestError: the prompt is too large",
        "type": None,
        "param": None,
        "code": "400",
    },
    "ollama": {
        "message": "the input length exceeds the context length",
        "type": "api_error",
        "param": None,
        "code": None,
    },
}
"""The error of a request that is too long, by the server's make."""


@dataclass
class Manners:
    """`make` names the words for what is too long. `unknown` are fields it does not take.

    `strict`: calls that are sent back must have a JSON object. `unreadable`: pictures and files with these
    bytes, in base64, are refused; `places`: saying where they are.
    """

    make: str = ""
    unknown: set[str] = field(default_factory=set)
    strict: bool = False
    unreadable: set[str] = field(default_factory=set)
    places: bool = False

    def check(self, body: Mapping[str, Any]) -> None:
        """Raises Refusal."""
        for name in self.unknown & body.keys():
            if body[name]:
                raise refused("unsupported", name=name)
        for at, item in enumerate(body["input"] if isinstance(body["input"], list) else ()):
            if self.strict and item.get("type") == "function_call":
                _object(item.get("arguments"))
            parts = item.get("content")
            for number, part in enumerate(parts if isinstance(parts, list) else ()):
                data = str(part.get("image_url") or part.get("file_data") or "")
                if any(data.endswith(bad) for bad in self.unreadable):
                    param = f"input[{at}].content[{number}]" if self.places else None
                    raise Refusal("The request could not be processed.", param=param)

    def too_long(self, window: int, tokens: int) -> Refusal:
        """The refusal in the words of its make."""
        error = TOO_LONG[self.make]
        refusal = Refusal(error["message"].format(window=window, tokens=tokens))
        refusal.error = {**error, "message": str(refusal)}
        return refusal


def _object(arguments: object) -> None:
    try:
        if isinstance(arguments, str) and isinstance(json.loads(arguments), dict):
            return
    except ValueError:
        pass
    raise Refusal("arguments must be a valid JSON object string", kind="BadRequestError")
