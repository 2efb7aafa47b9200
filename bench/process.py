"""What the kernel tells of a process."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).parent.parent
"""The checkout."""
TICKS = os.sysconf("SC_CLK_TCK")


def processor_seconds(pid: int) -> float:
    """Seconds of processor time used so far, the user's and the kernel's, in steps of 10 ms."""
    fields = _read(pid, "stat").rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory(pid: int, name: str) -> float:
    """MB (10^6 bytes): `VmRSS` is what is resident now, `VmHWM` the most that ever was."""
    lines = dict(line.split(":", 1) for line in _read(pid, "status").splitlines())
    return int(lines[name].split()[0]) * 1024 / 1e6


def _read(pid: int, name: str) -> str:
    return Path(f"/proc/{pid}/{name}").read_text("utf-8")
