"""The serving process's side of its keeper: the sockets that are handed over, and taken back."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Mapping

from local_aws.load_balancer.keeper import HOLD, RELEASE, SERVES

_log = logging.getLogger(__name__)


class Kept:
    """``held`` are listening sockets of the last process, by the keys of their listeners.

    Without its keeper a process goes on serving; what it says here is then said to nobody.
    """

    def __init__(self, link: socket.socket, held: Mapping[str, int]) -> None:
        self._link = link
        self._left = {key: socket.socket(fileno=number) for key, number in held.items()}

    def watch(self) -> None:
        """Say so in the log when the keeper goes. Needs a running loop."""
        asyncio.get_running_loop().add_reader(self._link, self._alone)

    def take(self, key: str) -> socket.socket | None:
        """The socket on which the last process served this listener; it stays with the keeper."""
        return self._left.pop(key, None)

    def hold(self, key: str, listening: socket.socket) -> None:
        """Have a socket outlive this process, until it is released."""
        self._say(HOLD, key, listening)

    def release(self, key: str) -> None:
        self._say(RELEASE, key)

    def serves(self) -> None:
        """Everything is open now: what nobody took is not needed any more."""
        for key, listening in self._left.items():
            listening.close()
            self.release(key)
        self._left.clear()
        self._say(SERVES, "")

    def _say(self, word: bytes, key: str, *sockets: socket.socket) -> None:
        with contextlib.suppress(BrokenPipeError):
            socket.send_fds(
                self._link, [b"%b%b\n" % (word, key.encode())], [each.fileno() for each in sockets]
            )

    def _alone(self) -> None:
        asyncio.get_running_loop().remove_reader(self._link)
        _log.warning("the keeper is gone: nothing starts this process again -> ./inv up does")
