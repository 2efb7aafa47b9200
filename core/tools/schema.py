"""A Python function → the tool the model is told of: strict JSON schema from its signature and docstring."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from enum import Enum
from typing import Annotated, Any, Final, NotRequired, get_args, get_origin, get_type_hints

from pydantic import ConfigDict, Field, TypeAdapter
from pydantic.errors import PydanticUserError
from pydantic.fields import FieldInfo
from pydantic_core import SchemaError
from typing_extensions import TypedDict

from core.tools.arguments import Arguments
from core.tools.decorator import MARK, Options
from core.tools.docstring import described
from core.tools.function import NotATool, Tool
from core.tools.strict import Unsupported, strict

LONGEST_DESCRIPTION: Final = 1024
"""Characters: the service and its compatible servers refuse a whole request for one longer description."""
_NAME: Final = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_BY_NAME: Final = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


def made(function: Callable[..., Any], fallback: Options | None = None, source: str = "") -> Tool:
    """The tool that a function is. `fallback` counts where the decorator said nothing. Raises NotATool."""
    options: Options = getattr(function, MARK, None) or Options()
    fallback = fallback or Options()
    name = options.name or fallback.name or getattr(function, "__name__", "")
    if not _NAME.fullmatch(name):
        raise NotATool(
            f"{name or function!r}: this name cannot be used. Give one of at most 64 letters, digits, _ "
            'and -: @tool(name="…").'
        )
    description, documented = described(function.__doc__)
    if len(description) > LONGEST_DESCRIPTION:
        raise NotATool(
            f"{name}: its docstring is too long ({len(description):,} characters above “Args:”, the model is "
            f"told at most {LONGEST_DESCRIPTION:,}). Shorten it, or move details to the parameters."
        )
    adapter, schema = _read(function, name, documented)
    try:
        parameters = strict(schema)
    except Unsupported as problem:
        raise NotATool(f"{name}: “{'.'.join(problem.where)}”: {problem}") from None
    parameters.pop("description", None)
    return Tool(
        name=name,
        description=description,
        parameters=parameters,
        confirm=options.confirm or fallback.confirm,
        seconds=options.seconds or fallback.seconds,
        call=function,
        read=Arguments(adapter, schema),
        source=source,
    )


def _read(
    function: Callable[..., Any], name: str, documented: dict[str, str]
) -> tuple[TypeAdapter[dict[str, Any]], dict[str, Any]]:
    """What validates the arguments, and pydantic's schema of them."""
    fields = {
        parameter.name: _field(name, parameter, hint, documented.get(parameter.name, ""))
        for parameter, hint in _parameters(function, name)
    }
    try:
        make: Any = TypedDict  # pydantic takes the one of typing only from Python 3.12 on
        arguments = make("arguments", fields)
        arguments.__pydantic_config__ = ConfigDict(extra="forbid")
        adapter: TypeAdapter[dict[str, Any]] = TypeAdapter(arguments)
        return adapter, adapter.json_schema()
    except (PydanticUserError, SchemaError, NameError, TypeError) as problem:
        innermost = str(problem).split("SchemaError: ")[-1]
        reason = " ".join(innermost.split()).split(". ")[0][:200]
        raise NotATool(
            f"{name}: the type of a parameter cannot be read from JSON ({reason}). Use str, int, float, "
            "bool, Literal, Enum, list, a dataclass or a pydantic model."
        ) from None


def _parameters(function: Callable[..., Any], name: str) -> list[tuple[inspect.Parameter, Any]]:
    """Each parameter with its resolved annotation."""
    parameters = inspect.signature(function).parameters.values()
    try:
        hints = get_type_hints(function, include_extras=True)
    except (NameError, TypeError, SyntaxError) as problem:
        raise NotATool(
            f"{name}: an annotation cannot be understood ({problem}). Import its type at the top of the "
            "file, not under TYPE_CHECKING nor inside of a function."
        ) from None
    for parameter in parameters:
        if parameter.kind not in _BY_NAME:
            raise NotATool(
                f"{name}: parameter “{parameter.name}” cannot be given by name. Write a plain parameter; "
                "for several values use list[…]."
            )
        if parameter.name not in hints:
            raise NotATool(
                f"{name}: parameter “{parameter.name}” has no type. Write one: `{parameter.name}: str`."
            )
        if isinstance(parameter.default, FieldInfo):
            raise NotATool(
                f"{name}: the default of “{parameter.name}” is a Field. Write "
                f"`{parameter.name}: Annotated[…, Field(…)] = default`."
            )
    return [(parameter, hints[parameter.name]) for parameter in parameters]


def _field(name: str, parameter: inspect.Parameter, hint: Any, documented: str) -> Any:
    """The parameter as a key of a TypedDict: its own description first, then the docstring's."""
    notes = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
    own = [note if isinstance(note, str) else getattr(note, "description", None) for note in notes]
    details: dict[str, Any] = {}
    if description := next(filter(None, own), documented):
        details["description"] = description
    optional = parameter.default is not inspect.Parameter.empty
    default = parameter.default.value if isinstance(parameter.default, Enum) else parameter.default
    if optional and isinstance(default, str | int | float):
        details["json_schema_extra"] = {"default": default}
    annotated = Annotated[hint, Field(**details)] if details else hint
    return NotRequired[annotated] if optional else annotated
