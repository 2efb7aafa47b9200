"""A local stand-in for the OpenAI Responses API: HTTP and server-sent events, strict, scripted."""

from standins.openai.performance import StoredResponse
from standins.openai.response import Request
from standins.openai.server import OpenAIStandin

__all__ = ["OpenAIStandin", "Request", "StoredResponse"]
