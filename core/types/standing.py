"""What a network tells of a person, as far as it decides who is answered."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Standing:
    """How a person stands where they write. What is not told is as for most: a member of ours."""

    guest: bool = False
    """Only in chosen channels of our workspace."""
    external: bool = False
    """Of another company, in a channel that is shared with it."""
    member: bool = True
    """False: deleted, a stranger, or in none of the servers that count."""
    app: bool = False
