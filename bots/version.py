"""Which Spool this is: what pyproject.toml says, read there in a checkout and from the package elsewhere."""

from __future__ import annotations

import tomllib
from importlib import metadata
from pathlib import Path

DISTRIBUTION = "spool-assistant"


def version() -> str:
    """Such as 0.1.0. Raises metadata.PackageNotFoundError when the code was copied out of its package."""
    beside = Path(__file__).parents[1] / "pyproject.toml"
    if beside.exists():
        project = tomllib.loads(beside.read_text("utf-8")).get("project", {})
        if project.get("name") == DISTRIBUTION:
            return str(project["version"])
    return metadata.version(DISTRIBUTION)
