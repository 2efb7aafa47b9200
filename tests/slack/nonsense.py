"""What nobody should ever send: anything at all, and sound payloads with a part of them spoilt."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import strategies as st

NONSENSE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)


def damaged(value: Any, rng: random.Random) -> Any:
    """A copy in which about one value in eight is gone or of another type."""
    if rng.random() < 0.12:
        return rng.choice([None, 0, -1.5, "", "x", [], {}, [None], {"type": "user"}, True, "\ud7ff\u0000"])
    if isinstance(value, dict):
        return {key: damaged(item, rng) for key, item in value.items() if rng.random() > 0.05}
    if isinstance(value, list):
        return [damaged(item, rng) for item in value]
    return value
