"""What REST refuses, in Discord's words: HTTP status, JSON code, message and, for forms, where."""

from __future__ import annotations

from typing import Any

JSON = dict[str, Any]

Refusal = tuple[int, int, str]

UNAUTHORIZED = (401, 0, "401: Unauthorized")
NOT_FOUND = (404, 0, "404: Not Found")
METHOD_NOT_ALLOWED = (405, 0, "405: Method Not Allowed")
UNKNOWN_CHANNEL = (404, 10003, "Unknown Channel")
UNKNOWN_GUILD = (404, 10004, "Unknown Guild")
UNKNOWN_MESSAGE = (404, 10008, "Unknown Message")
UNKNOWN_USER = (404, 10013, "Unknown User")
UNKNOWN_WEBHOOK = (404, 10015, "Unknown Webhook")
UNKNOWN_INTERACTION = (404, 10062, "Unknown interaction")
NOT_THIS_APPLICATION = (403, 20012, "You are not authorized to perform this action on this application")
TOO_MANY_COMMANDS = (400, 30032, "Maximum number of application commands reached (100)")
COMMAND_QUOTA = (400, 30034, "Max number of daily application command creates has been reached (200)")
OLD_EDITS = (429, 30046, "Maximum number of edits to messages older than 1 hour reached. Try again later")
TOO_LARGE = (413, 40005, "Request entity too large")
ALREADY_ACKNOWLEDGED = (400, 40060, "Interaction has already been acknowledged.")
MISSING_ACCESS = (403, 50001, "Missing Access")
NOT_IN_DM = (403, 50003, "Cannot execute action on a DM channel")
NOT_YOURS = (403, 50005, "Cannot edit a message authored by another user")
EMPTY_MESSAGE = (400, 50006, "Cannot send an empty message")
CANNOT_DM = (403, 50007, "Cannot send messages to this user")
MISSING_PERMISSIONS = (403, 50013, "Missing Permissions")
INVALID_WEBHOOK_TOKEN = (401, 50027, "Invalid Webhook Token")
INVALID_FORM = (400, 50035, "Invalid Form Body")
ARCHIVED = (400, 50083, "Thread is archived")
INVALID_JSON = (400, 50109, "The request body contains invalid JSON.")
NO_READING = (403, 160002, "Cannot reply without permission to read message history")
LOCKED = (403, 160005, "Thread is locked")
NOT_PLAYED = (501, 0, "The stand-in does not play this feature")

OF_A_PLACE = {r[1]: r for r in (MISSING_ACCESS, CANNOT_DM, MISSING_PERMISSIONS, UNKNOWN_CHANNEL)}
"""What a test can have the bot refused with in a channel, by its code."""


class ApiError(Exception):
    """A request that Discord answers with an error; `body` is what the client reads."""

    def __init__(self, refusal: Refusal, errors: JSON | None = None) -> None:
        self.status, code, message = refusal
        super().__init__(f"{self.status} {code}: {message} {errors or ''}")
        self.body: JSON = {"message": message, "code": code}
        if errors is not None:
            self.body["errors"] = errors


def invalid(path: str, code: str, message: str) -> ApiError:
    """400 with 50035; `path` is the dotted way to the field, such as `components.0.label`."""
    errors: JSON = {"_errors": [{"code": code, "message": message}]}
    for part in reversed(path.split(".")):
        errors = {part: errors}
    return ApiError(INVALID_FORM, errors)
