"""The inbox: what a platform may ask of the core. Accepting is committing."""

from core.inbox.acceptance import Policy, Receipt
from core.inbox.inbox import Inbox

__all__ = ["Inbox", "Policy", "Receipt"]
