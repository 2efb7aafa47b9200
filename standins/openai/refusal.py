"""Every refusal: an HTTP error in the API's own JSON shape."""

from __future__ import annotations

from typing import Final

from standins.script.script import Fault

_BILLING: Final = (
    *("insufficient_quota", "credit_balance_exhausted", "organization_spend_limit_exceeded"),
    *("project_spend_limit_exceeded", "organization_usage_limit_exceeded"),
)
_KINDS: Final = {"rate_limit_exceeded": "requests", "server_is_overloaded": "service_unavailable_error"}
_BAD: Final = "invalid_request_error"


class Refusal(Exception):
    """The request gets `status` and an error object."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = _BAD,
        param: str | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.error = {"message": message, "type": kind, "param": param, "code": code}
        self.headers: dict[str, str] = {}


_TABLE: Final = """
# of a value
unknown               | 400 | unknown_parameter           | {param}             | Unknown parameter: '{param}'.
missing               | 400 | missing_required_parameter  | {param}             | Missing required parameter: '{param}'.
type                  | 400 | invalid_type                | {param}             | Invalid type for '{param}': expected {wanted}, but got {given} instead.
value                 | 400 | invalid_value               | {param}             | Invalid value: '{value}'. Supported values are: {wanted}.
long                  | 400 | string_above_max_length     | {param}             | Invalid '{param}': string too long. Expected a string with maximum length {limit}, but got a string with length {given} instead.
bound                 | 400 | {noun}_{code}_value         | {param}             | Invalid '{param}': {noun} {side} value. Expected a value {sign} {bound}, but got {value} instead.
pattern               | 400 | invalid_value               | {param}             | Invalid '{param}': string does not match pattern. Expected a string that matches the pattern '{pattern}'.
id                    | 400 | invalid_value               | {param}             | Invalid '{param}': '{value}'. Expected an ID that begins with '{prefix}'.
empty array           | 400 | empty_array                 | {param}             | Invalid '{param}': empty array. Expected an array with minimum length 1.
properties            | 400 | object_above_max_properties | {param}             | Invalid '{param}': too many properties. Expected an object with at most 16 properties, but got an object with {given} properties instead.
one way               | 400 | -                           | {param}             | Invalid '{param}': exactly one of {ways} is required.
# of a body
no JSON               | 400 | -                           | -                   | We could not parse the JSON body of your request.
no form               | 400 | -                           | -                   | Invalid body: expected multipart/form-data.
broken form           | 400 | -                           | -                   | Could not parse multipart form.
big                   | 413 | -                           | -                   | Maximum content size limit ({limit}) exceeded ({size} bytes read)
# of who asks for what
no key                | 401 | -                           | -                   | You didn't provide an API key in an Authorization header.
key                   | 401 | invalid_api_key             | -                   | Incorrect API key provided: {key}***.
model                 | 404 | model_not_found             | model               | The model `{model}` does not exist or you do not have access to it.
retired model         | 404 | model_not_found             | {param}             | The model `{model}` has been shut down.
# of a response
stream_options        | 400 | -                           | stream_options      | The 'stream_options' parameter is only allowed when 'stream' is enabled.
background            | 400 | -                           | store               | Background responses must be stored: 'store' cannot be false.
portable store        | 400 | -                           | store               | This server keeps nothing: 'store' must be false.
exclusive             | 400 | mutually_exclusive_parameters| -                   | Mutually exclusive parameters: 'conversation' and 'previous_response_id'.
conversation          | 404 | -                           | conversation        | Conversation '{id}' not found.
previous              | 400 | previous_response_not_found | previous_response_id| Previous response with id '{id}' not found.
word json             | 400 | -                           | input               | Response input messages must contain the word 'json' in some form to use 'text.format' of type 'json_object'.
too long              | 400 | context_length_exceeded     | input               | Your input exceeds the context window of this model. Please adjust your input and try again.
response              | 404 | -                           | -                   | Response with id '{id}' not found.
not streamed          | 400 | -                           | -                   | This response cannot be streamed: it was not created with stream=true.
stream over           | 400 | -                           | -                   | This response can no longer be streamed because it is more than {minutes:g} minutes old.
synchronous           | 400 | -                           | -                   | Cannot cancel a synchronous response.
# of tools
schema                | 400 | {code}                      | {param}             | Invalid schema for {name}: In context={where!r}, {mistake}.
duplicate             | 400 | -                           | tools               | Duplicate {noun} found: '{name}'. Each must be unique.
choice                | 400 | -                           | tool_choice         | Tool choice '{name}' not found in 'tools' parameter.
choice without tools  | 400 | -                           | tool_choice         | Tool choice 'required' must be specified with 'tools' parameter.
server_url            | 400 | -                           | {param}.server_url  | Invalid '{param}.server_url': not a URL.
# of input items
item                  | 404 | -                           | input               | Item with id '{id}' not found.{hint}
no call               | 400 | -                           | input               | No tool call found for function call output with call_id {id}.
no output             | 400 | -                           | input               | No tool output found for function call {id}.
no approval           | 400 | -                           | input               | No approval request found with id '{id}'.
reasoning alone       | 400 | -                           | input               | Item '{id}' of type 'reasoning' was provided without its required following item.
base64                | 400 | invalid_base64              | {param}             | Invalid '{param}'. Expected a data URL with base64-encoded data.
picture type          | 400 | unsupported_image_media_type| {param}.image_url   | Invalid '{param}.image_url'. Expected a base64-encoded data URL with an image MIME type (e.g. 'data:image/png;base64,…'), but got unsupported MIME type '{kind}'.
picture               | 400 | invalid_image               | {param}             | The image data you provided does not represent a valid image. Please check your input and try again with one of the supported image formats: {formats}.
picture file          | 400 | invalid_image               | input               | The file '{id}' does not represent a valid image.
empty file            | 400 | -                           | {param}             | Invalid '{param}.file_data': the file is empty.
large file            | 400 | -                           | {param}             | Invalid '{param}.file_data': the file is larger than 50 MB.
file type             | 400 | unsupported_file            | {param}.file_data   | Invalid input: the file '{name}' is not of a supported format ('{kind}').
# of files, stores and containers
empty upload          | 400 | -                           | file                | File is empty.
file                  | 404 | -                           | id                  | No such File object: {id}
store                 | 404 | -                           | -                   | Vector store with id '{id}' not found.
store over            | 400 | -                           | -                   | Vector store with id '{id}' is expired.
purpose               | 400 | -                           | -                   | File '{id}' has purpose '{purpose}': not for vector stores.
entry                 | 404 | -                           | -                   | No file found with id '{id}' in vector store '{store}'.
file batch            | 404 | -                           | -                   | No file batch found with id '{id}' in vector store '{store}'.
overlap               | 400 | -                           | {param}             | Invalid '{param}.chunk_overlap_tokens': must not exceed half of max_chunk_size_tokens.
container             | 404 | -                           | -                   | Container with id '{id}' not found.
container over        | 404 | -                           | -                   | Container is expired.
tool's container over | 400 | -                           | tools               | Container is expired.
container file        | 404 | -                           | -                   | Container file with id '{id}' not found.
# of recordings
deaf model            | 400 | -                           | model               | Model '{model}' cannot transcribe.
recording name        | 400 | -                           | file                | Invalid file format. Supported formats: {formats}
recording             | 400 | invalid_value               | file                | Audio file might be corrupted or unsupported
# in the manners of other servers
unsupported           | 400 | -                           | -                   | Unsupported parameter: '{name}' is not supported with this model.
"""
REFUSALS: Final = {
    name: (int(status), code, param, message)
    for line in _TABLE.splitlines()
    if "|" in line
    for name, status, code, param, message in [map(str.strip, line.split("|"))]
}
"""By name: status, code, parameter at fault ("-": none), message. What stands in braces is given where it is
raised.
"""


def refused(name: str, /, **words: object) -> Refusal:
    status, code, param, message = REFUSALS[name]
    return Refusal(
        message.format(**words),
        status=status,
        param=None if param == "-" else param.format(**words),
        code=None if code == "-" else code.format(**words),
    )


def refuse(condition: object, name: str, /, **words: object) -> None:
    if condition:
        raise refused(name, **words)


def scripted(ill: Fault) -> Refusal:
    kind = _KINDS.get(ill.code, "server_error" if ill.status >= 500 else _BAD)
    refusal = Refusal(
        ill.message or f"The script refuses: {ill.code}.",
        status=ill.status,
        kind="insufficient_quota" if ill.code in _BILLING else kind,
        code=ill.code,
    )
    if ill.retry_after is not None:
        refusal.headers["Retry-After"] = f"{ill.retry_after:g}"
    refusal.headers |= ill.headers
    return refusal
