"""Pictures and files inside an input item."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any, Final

from standins.openai.checks import missing, one_of, typed
from standins.openai.refusal import Refusal

_DATA: Final = re.compile(r"data:([\w.+-]+/[\w.+-]+)(?:;[\w-]+=[\w.-]+)*;base64,(.*)", re.DOTALL)
_PICTURES: Final = {
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff",
    "image/gif": b"GIF8",
    "image/webp": b"RIFF",
}
LARGEST_FILE: Final = 50 * 2**20
"""Bytes."""
_NO_DOCUMENTS: Final = ("image/", "audio/", "video/", "application/zip", "application/octet-stream")


def is_picture(content: bytes) -> bool:
    """By its first bytes."""
    return any(content.startswith(sign) for sign in _PICTURES.values())


def check_part(where: str, part: Mapping[str, Any]) -> None:
    """Raises Refusal for a picture or file that cannot be one."""
    if part["type"] == "input_image":
        _check_picture(where, part)
    elif part["type"] == "input_file":
        _check_file(where, part)


def _check_picture(where: str, part: Mapping[str, Any]) -> None:
    if part.get("detail") is not None:
        one_of(f"{where}.detail", part["detail"], ("low", "high", "auto", "original"))
    url = part.get("image_url")
    if (url is None) == (part.get("file_id") is None):
        raise _one_way(where, "'image_url' or 'file_id'")
    if url is None:
        return
    typed(f"{where}.image_url", url, "a string")
    if re.match(r"https?://", url):
        return
    kind, content = decoded(f"{where}.image_url", url)
    if kind not in _PICTURES:
        raise Refusal(
            f"Invalid '{where}.image_url'. Expected a base64-encoded data URL with an image MIME type "
            f"(e.g. 'data:image/png;base64,…'), but got unsupported MIME type '{kind}'.",
            param=f"{where}.image_url",
            code="unsupported_image_media_type",
        )
    if not content.startswith(_PICTURES[kind]):
        raise Refusal(
            "The image data you provided does not represent a valid image. Please check your input and try "
            f"again with one of the supported image formats: {list(_PICTURES)}.",
            param=where,
            code="invalid_image",
        )


def _check_file(where: str, part: Mapping[str, Any]) -> None:
    ways = [key for key in ("file_data", "file_id", "file_url") if part.get(key) is not None]
    if len(ways) != 1:
        raise _one_way(where, "'file_data', 'file_id' or 'file_url'")
    if ways != ["file_data"]:
        return
    if not part.get("filename"):
        raise missing(f"{where}.filename")
    kind, content = decoded(f"{where}.file_data", part["file_data"])
    if not content:
        raise Refusal(f"Invalid '{where}.file_data': the file is empty.", param=where)
    if len(content) > LARGEST_FILE:
        raise Refusal(f"Invalid '{where}.file_data': the file is larger than 50 MB.", param=where)
    if kind.startswith(_NO_DOCUMENTS) or (kind == "application/pdf") != content.startswith(b"%PDF-"):
        raise Refusal(
            f"Invalid input: the file '{part['filename']}' is not of a supported format ('{kind}').",
            param=f"{where}.file_data",
            code="unsupported_file",
        )


def decoded(param: str, url: Any) -> tuple[str, bytes]:
    """MIME type and bytes of a data URL. Raises Refusal."""
    typed(param, url, "a string")
    found = _DATA.fullmatch(url)
    try:
        if found is None:
            raise ValueError
        return found[1], base64.b64decode(found[2], validate=True)
    except (ValueError, binascii.Error):
        raise Refusal(
            f"Invalid '{param}'. Expected a data URL with base64-encoded data.",
            param=param,
            code="invalid_base64",
        ) from None


def _one_way(where: str, ways: str) -> Refusal:
    return Refusal(f"Invalid '{where}': exactly one of {ways} is required.", param=where)
