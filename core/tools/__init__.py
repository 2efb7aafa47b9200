"""Function tools: Python functions of the operator that the model may call (docs/tools.md).

Importing this is cheap: pydantic comes with the first function whose schema is made.
"""

from __future__ import annotations

from core.tools.call import execute, objection
from core.tools.decorator import tool
from core.tools.function import Tool
from core.tools.loading import load, state
from core.tools.result import FileResult, Result
from core.tools.toolbox import Toolbox

__all__ = ["FileResult", "Result", "Tool", "Toolbox", "execute", "load", "objection", "state", "tool"]
