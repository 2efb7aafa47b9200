"""Answers: what is one, and what became of it. Each condition is on `runs`, and stands only here.

Lists, figures, metrics and promises count by these, so that none can part from another. All are true when
something went wrong:

- *asked*: what people asked the model. Our own texts (`help`, `reset`) have lanes of their own, and runs of
  trials are an operator's.
- *first word*: when it was seen. A notice is no word of an answer, nor is one that no post has shown; a
  process that died takes along what it knew, but for its post.
- *lost*: a run that has ended, and of which nothing can be seen. Of a chat no post stands in its journal (nor
  stood); of the API there is no answer, and the client is told no failure. What was cancelled owes nothing.
  (So is one that nobody works on any more: `figures.left_alone`.)
- *twice*: an ended run that made, or may have made, more posts than its journal names.
- *resumed*: another process went on with it, in order or after a death.
"""

from __future__ import annotations

from typing import Final

from core.store.runs import UNFINISHED
from core.store.trials import UNTRIED

ASKED: Final = f"(runs.lane <> runs.id AND {UNTRIED})"
ENDED: Final = f"NOT runs.{UNFINISHED}"
ANSWERED: Final = "runs.status IN ('completed', 'incomplete')"
RESUMED: Final = f"(runs.takeovers > 0 AND {ENDED})"
_SHOWN: Final = "SELECT COUNT(*) FROM steps WHERE run_id = runs.id AND ref IS NOT NULL"
LOST: Final = (
    "((runs.options IS NULL AND runs.status IN ('completed', 'incomplete', 'failed', 'expired') "
    f"AND COALESCE(runs.posts, 0) = 0 AND ({_SHOWN}) = 0) "
    f"OR (runs.options IS NOT NULL AND {ANSWERED} "
    "AND NOT EXISTS (SELECT 1 FROM steps WHERE run_id = runs.id AND name = 'answer')))"
)
EXTRA: Final = f"(runs.posts - ({_SHOWN}))"
TWICE: Final = f"({ENDED} AND runs.posts > 1 AND {EXTRA} > 0)"
_POSTED: Final = (
    "SELECT created_at FROM steps WHERE runs.takeovers > 0 AND run_id = runs.id AND name = 'post:0' "
    "AND ref IS NOT NULL"
)
_NEVER: Final = "9e9"
FIRST: Final = (
    f"CASE WHEN runs.lane <> runs.id AND (runs.first_token_at IS NOT NULL OR {ANSWERED}) THEN NULLIF(MIN("
    "COALESCE(runs.first_text_at, CASE WHEN runs.options IS NOT NULL THEN runs.first_token_at END, "
    f"{_NEVER}), COALESCE(({_POSTED}), {_NEVER})), {_NEVER}) END"
)
WORD: Final = f"{FIRST} - runs.created_at"
"""Seconds until then."""
ADDED: Final = (
    f"{WORD} - (SELECT first_at - began_at FROM usage WHERE usage.run_id = runs.id "
    "AND usage.kind = 'answer' AND first_at IS NOT NULL ORDER BY usage.seq LIMIT 1)"
)
"""What of them was not the model's."""
