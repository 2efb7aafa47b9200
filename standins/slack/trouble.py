"""What goes wrong with a workspace when a test wants it to."""

from __future__ import annotations

from typing import Literal

from standins.slack.faults import Fault, When
from standins.slack.filehost import FileHost
from standins.slack.server import Server
from standins.slack.streams import Streams
from standins.slack.view import View


class Trouble(View):
    """Everything here lasts until it is taken back, or as often as asked."""

    _filehost: FileHost
    _server: Server
    _streams: Streams

    def fail(
        self,
        method: str,
        *,
        error: str = "internal_error",
        times: int = 1,
        retry_after: int = 1,
        status: int | None = None,
        when: When = "before",
        drop: bool = False,
    ) -> None:
        """The next calls of the method (`*`: of any) fail; see `faults.Fault`.

        `download` and `upload` are the bytes of files; a drop `after` cuts a download in its middle.
        """
        self.api.faults.plan(method, Fault(error, retry_after, status, when, drop), times)

    def delay(self, method: str, seconds: float) -> None:
        """Every call of the method (`*`: any) is that slow from now on."""
        self.api.faults.slow(method, seconds)

    def heal(self) -> None:
        """Forget planned faults and delays."""
        self.api.faults.clear()

    def refuse_status(self, channel: str, error: str = "method_not_supported_for_channel_type") -> None:
        """`assistant.threads.setStatus` answers `error` in that channel; '' allows it again."""
        self.workspace.channels[channel].refusal = error

    def refuse_chunks(self, error: str = "invalid_arguments") -> None:
        """A workspace that knows no chunks answers `error` to streams with them; '' allows them again."""
        self._streams.refusal = error

    def redirect_files(self, url: str) -> None:
        """The private URLs of files answer 302 to there; '' lets them serve again."""
        self._filehost.redirect = url

    async def disconnect(
        self, reason: Literal["refresh_requested", "warning", "link_disabled"] = "refresh_requested"
    ) -> None:
        self.sockets.disconnect(reason)

    def refuse_sockets(self, reason: str, times: int = 1, *, greeted: bool = False) -> None:
        """The next sockets are sent away with that reason, before Slack says hello or (`greeted`) after."""
        self.sockets.refusals.extend([(reason, greeted)] * times)

    async def cut(self) -> None:
        self.sockets.cut()

    async def go_offline(self) -> None:
        self.sockets.cut()
        await self._server.refuse()

    async def go_online(self) -> None:
        await self._server.listen()

    def revoke(self, token: Literal["bot", "app"]) -> None:
        self.api.revoked.add(token)
