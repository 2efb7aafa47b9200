"""Names of files we show: the model or a tool chose them."""

from __future__ import annotations

import re

from core.files.detect import safe_name

_SPECIAL = re.compile(r'[<>@:"|?*`\s\u200b]+')


def file_name(name: str) -> str:
    """A `safe_name` without a character that mentions, formats, or that networks replace on their own."""
    return _SPECIAL.sub("_", safe_name(name)).strip("_") or "file"
