"""What readers have of messages that are not stored yet: a response that was cut may say the same again."""

from __future__ import annotations

from collections.abc import Iterator


class Readers:
    """Of one run. `begin` a message, then ask what of each piece is news to them."""

    def __init__(self) -> None:
        self._of: dict[str, list[str]] = {}
        self._message = ""
        self.ahead = ""
        """What they have of the message and it has not said again yet."""

    def begin(self, message: str) -> bool:
        """Whether they have something of the message with this id already."""
        self._message, self.ahead = message, "".join(self._of.get(message, ()))
        return bool(self.ahead)

    def news(self, text: str) -> str | None:
        """What of it they do not have; None: it is another text than before, so all of it is news."""
        ahead, self.ahead = self.ahead, ""
        if ahead and ahead.startswith(text):
            self.ahead = ahead[len(text) :]
            return ""
        if not text.startswith(ahead):
            return None
        text = text[len(ahead) :]
        self._of.setdefault(self._message, []).append(text)
        return text

    def anew(self, text: str) -> str:
        """They begin the message again, with this text."""
        self._of[self._message], self.ahead = [text], ""
        return text


class InTurn:
    """Calls whose arguments are told one after the other, as readers take them, however they arrive."""

    def __init__(self) -> None:
        self._line: list[str] = []
        self._done: set[str] = set()

    def join(self, call: str) -> None:
        """It has begun."""
        self._line.append(call)

    def waits(self, call: str) -> bool:
        """Whether another one is told first."""
        return call in self._line[1:]

    def done(self, call: str) -> Iterator[str]:
        """It is whole: gives those whose turn comes, to be told as far as they are."""
        self._done.add(call)
        while self._line and self._line[0] in self._done:
            del self._line[0]
            yield from self._line[:1]
