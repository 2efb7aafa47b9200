"""The `attachments` of a request that writes a message: which files it brings and which stay.

Source: docs.discord.com/developers/reference#uploading-files and #editing-message-attachments.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from standins.discord.attachment import LONGEST_DESCRIPTION, MOST_FILES, Upload
from standins.discord.error import JSON, invalid, required, too_long

File = tuple[str, bytes]
"""The name and the bytes of an uploaded part."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One attachment that the message is to have: a new one, or by its id one that it has already."""

    id: str
    upload: Upload | None
    description: str | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """All of them. `listed`: the request said which; without that everything old stays."""

    kept: tuple[Kept, ...]
    listed: bool

    def ids(self) -> set[str]:
        """Attachments that must be there already."""
        return {one.id for one in self.kept if one.upload is None}


def read(body: JSON, files: Mapping[int, File]) -> Wanted | None:
    """None when the request does not speak of attachments. Raises ApiError 50035."""
    entries = body.get("attachments")
    if "attachments" not in body and not files:
        return None
    listed = "attachments" in body and (entries is not None or not files)
    if len(files) > MOST_FILES:
        raise invalid("files", "BASE_TYPE_MAX_LENGTH", f"Must be {MOST_FILES} or fewer in length.")
    kept = _entries(entries or [], files)
    named = {one.id for one in kept}
    kept += [Kept(str(n), Upload(*file), None) for n, file in files.items() if str(n) not in named]
    if len(kept) > MOST_FILES:
        raise invalid("attachments", "BASE_TYPE_MAX_LENGTH", f"Must be {MOST_FILES} or fewer in length.")
    return Wanted(tuple(kept), listed)


def _entries(entries: object, files: Mapping[int, File]) -> list[Kept]:
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise invalid("attachments", "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
    kept = [_entry(entry, f"attachments.{index}", files) for index, entry in enumerate(entries)]
    if len({one.id for one in kept}) < len(kept):
        raise invalid("attachments", "SET_TYPE_ALREADY_CONTAINS_VALUE", "The set already contains this value")
    return kept


def _entry(entry: JSON, path: str, files: Mapping[int, File]) -> Kept:
    number = str(entry.get("id", ""))
    if not number:
        raise required(f"{path}.id")
    if not number.isdigit():
        raise invalid(f"{path}.id", "NUMBER_TYPE_COERCE", f'Value "{number}" is not snowflake.')
    description = entry.get("description")
    if description is not None and len(description) > LONGEST_DESCRIPTION:
        raise too_long(f"{path}.description", LONGEST_DESCRIPTION)
    file = files.get(int(number))
    if file is None:
        return Kept(number, None, description)
    name, content = file
    return Kept(number, Upload(entry.get("filename") or name, content, description=description or ""), None)
