"""Errors, grouped by what the caller does about them.

SpoolError
├── ConfigError          a person must change a setting; the text says which and how (exit status 2)
├── Retryable            try the same again after `retry_after` seconds
├── Permanent            the same request will fail again; `notice` names the text people are shown
├── FileRefused          a file is not taken; `notice` names the text that says why
├── TooLarge             the platform does not take a file of this size
├── Unreachable          the answer cannot be shown there (channel gone, no permission)
├── Unsaved              the database refused (disk full, locked): nothing happened, try again
├── Parked               the run waits for outputs of its client: let go of it
└── Lost                 another owner runs this now: stop touching it
"""

from __future__ import annotations

import re
from typing import Any, Final, Literal


class SpoolError(Exception):
    """Base of all errors raised on purpose.

    `detail` is what the other side said, redacted before it is logged; `cure` is our own sentence for the
    operator: the place, and what to do there. `request`: what became of a request to the model server that
    ended so; `told` (`Finished`): what the server told of it at its end.
    """

    detail: str = ""
    cure: str = ""
    request: Literal["unsent", "refused", "failed", "unknown"] = "unknown"
    told: Any = None


class ConfigError(SpoolError):
    """Settings are wrong. `problems` are complete sentences, each with its cure."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Retryable(SpoolError):
    """`code` is for the log; `notice` is the text key if it is given up; `retry_after` in seconds.

    `resumable`: only our reading of a response was cut, the response itself goes on.
    """

    def __init__(
        self,
        code: str,
        *,
        retry_after: float | None = None,
        notice: str = "model_unavailable",
        resumable: bool = False,
    ) -> None:
        super().__init__(code)
        self.resumable = resumable
        self.code = code
        self.retry_after = retry_after
        self.notice = notice


class Permanent(SpoolError):
    """`code` is for the log; `notice` is the key of the text people are shown (`core.texts`)."""

    def __init__(self, code: str, *, notice: str) -> None:
        super().__init__(code)
        self.code = code
        self.notice = notice


class FileRefused(SpoolError):
    """A file is not taken; the rest goes on. `notice` is the key of the text that says why."""

    def __init__(self, notice: str) -> None:
        super().__init__(notice)
        self.notice = notice


class TooLarge(SpoolError):
    """The platform does not take a file of this size. `limit` in bytes."""

    def __init__(self, limit: int) -> None:
        super().__init__(str(limit))
        self.limit = limit


class Unreachable(SpoolError):
    """The platform will never take a post there; the operator reads why in the log."""


class Unsaved(SpoolError):
    """A transaction could not be committed; none of it happened. The cause is the engine's error.

    `why`: the disk is "full" or "failing", the file "damaged", or "" for what may pass by itself.
    """

    why: str = ""


class Lost(SpoolError):
    """The run has another owner."""


class Parked(SpoolError):
    """The run goes on when its client has given the outputs of these calls."""

    def __init__(self, calls: tuple[str, ...]) -> None:
        super().__init__("parked")
        self.calls = calls
        self.marks: tuple[float | None, float | None, int] = (None, None, 0)
        """See `core.types.Outcome.marks`."""


_CODE: Final = re.compile(r"[\w.:-]{1,80}")


def loggable(error: BaseException) -> str:
    """What a log says of an error: its type, and what surely holds nobody's words.

    That are our own codes, and the reasons of the system and the database. All other texts may repeat what
    somebody wrote (`invalid literal for int(): '…'`), a server's sentence behind our code too.
    """
    text = ""
    if isinstance(error, ConfigError):
        text = str(error)  # every word of it is ours
    elif isinstance(error, SpoolError):
        code, _, rest = str(getattr(error, "code", error)).partition(": ")
        text = " ".join(filter(None, [f"{code}: {rest}" if _CODE.fullmatch(rest) else code, error.cure]))
    elif isinstance(error, OSError):
        text = error.strerror or ""
    elif type(error).__module__ == "sqlite3":
        text = str(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
