"""GET /v1/openapi.json: exactly what is served, in the terms of OpenAPI 3.1."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import jsonschema  # type: ignore[import-untyped]

from bots.web.routes import every
from bots.web.services import Means, built
from core.settings import Settings


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (text for name, text in value.items() if name == "$ref")
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from references(one)


async def test_it_describes_what_is_served_and_nothing_else(client):
    """The table of routes is what the router has; a body that the document allows is one the models take."""
    told = await client.get("/openapi.json", cast_to=object)

    nothing: Any = SimpleNamespace(watching=None)
    table = every(built(Means(Settings(), *[nothing] * 7)))
    served = {(route.method.lower(), route.address) for route in table}
    assert served == {(method, path) for path, item in told["paths"].items() for method in item}
    assert ("3.1.0", len(table)) == (told["openapi"], len(served))
    operations = [(path, one) for path, item in told["paths"].items() for one in item.values()]
    assert len({one["operationId"] for _, one in operations}) == len(operations)
    for path, one in operations:
        named = [each["name"] for each in one["parameters"] if each["in"] == "path"]
        assert (named, True) == (re.findall(r"{(\w+)}", path), "200" in one["responses"])
    schemas = told["components"]["schemas"]
    assert {text.rpartition("/")[2] for text in references(told)} <= schemas.keys()
    for schema in schemas.values():
        jsonschema.Draft202012Validator.check_schema(schema)
    body = {**schemas["CreateAssistant"], "components": told["components"]}
    jsonschema.validate({"model": "gpt-6-luna", "tools": [{"type": "code_interpreter"}]}, body)
    for wrong in ({}, {"model": "x", "y": 1}, {"model": "x", "tools": [{"type": "none"}]}):
        assert not jsonschema.Draft202012Validator(body).is_valid(wrong)
