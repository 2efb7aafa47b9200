"""A local stand-in for the OpenAI Responses API: HTTP and server-sent events, strict, scripted."""

from bots.standins.openai.record import Request
from bots.standins.openai.server import OpenAIStandin
from bots.standins.openai.stored import StoredResponse

__all__ = ["OpenAIStandin", "Request", "StoredResponse"]
