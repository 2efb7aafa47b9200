"""The JSON body of a request."""

from __future__ import annotations

import json

from aiohttp import web

from standins.openai.draft import Json
from standins.openai.refusal import Refusal


async def body(http: web.Request) -> Json:
    """An object. Raises Refusal for anything else."""
    try:
        found = json.loads(await http.read())
    except ValueError:
        raise Refusal("We could not parse the JSON body of your request.") from None
    if not isinstance(found, dict):
        raise Refusal("The JSON body of your request is not an object.")
    return found
