"""The OpenAPI document, made of the very table that makes the router."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from bots.web.route import COOKIE, EVENTS, NOTHING, Route

REFERENCE: Final = "#/components/schemas/{model}"
_ERROR: Final[Mapping[str, Any]] = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "param", "code"],
            "properties": {
                "message": {"type": "string"},
                "type": {"type": "string"},
                "param": {"type": ["string", "null"]},
                "code": {"type": ["string", "null"]},
            },
        }
    },
}


def document(routes: Sequence[Route], *, version: str) -> dict[str, Any]:
    """OpenAPI 3.1 of exactly these routes."""
    models = {model for route in routes for model in (route.body, route.query) if model}
    ordered = sorted(models, key=lambda model: model.__name__)
    _, schemas = models_json_schema([(model, "validation") for model in ordered], ref_template=REFERENCE)
    definitions: dict[str, Any] = schemas.get("$defs", {})
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.address, {})[route.method.lower()] = _operation(route, definitions)
    queries = {route.query.__name__ for route in routes if route.query}
    shown = {name: schema for name, schema in definitions.items() if name not in queries}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Spool: the Assistants API", "version": version},
        "servers": [{"url": "/"}],
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
            },
            "schemas": {"Error": dict(_ERROR), **shown},
        },
    }


def _operation(route: Route, definitions: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": _id(route),
        "summary": route.summary,
        "parameters": [*_ids(route), *_query(route.query, definitions)],
        "responses": {
            **({"204": {"description": "done"}} if route.answer == NOTHING else _answered(route)),
            "default": {
                "description": "an error",
                "content": {"application/json": {"schema": {"$ref": REFERENCE.format(model="Error")}}},
            },
        },
    }
    if route.base != "/v1":
        told["security"] = [] if route.open else [{"session": []}]
    if route.body:
        schema = {"$ref": REFERENCE.format(model=route.body.__name__)}
        required = bool(definitions[route.body.__name__].get("required"))
        told["requestBody"] = {"required": required, "content": {"application/json": {"schema": schema}}}
    return told


def _answered(route: Route) -> dict[str, Any]:
    kind = "text/event-stream" if route.answer == EVENTS else "application/json"
    return {"200": {"description": route.answer, "content": {kind: {"schema": {"type": "object"}}}}}


def _id(route: Route) -> str:
    """A name for the operation: its method and its address."""
    words = re.findall(r"\w+", route.path if route.base == "/v1" else route.address)
    return "_".join([route.method.lower(), *words])


def _ids(route: Route) -> Iterable[dict[str, Any]]:
    for name in re.findall(r"\{(\w+)\}", route.path):
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _query(model: type[BaseModel] | None, definitions: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    if model is None:
        return
    schema = definitions[model.__name__]
    for name, property in schema["properties"].items():
        yield {"name": name, "in": "query", "required": False, "schema": property}
