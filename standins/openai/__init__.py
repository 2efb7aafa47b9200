"""A local stand-in for the OpenAI Responses API: HTTP and server-sent events, strict, scripted."""

from standins.openai.response import Request
from standins.openai.server import OpenAIStandin
from standins.openai.stored import StoredResponse

__all__ = ["OpenAIStandin", "Request", "StoredResponse"]
