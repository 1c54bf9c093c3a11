"""The keeper: starts the process that serves, and another one whenever that is killed.

It holds a duplicate of every socket on which that process listens. So clients that come in between
wait for the next process instead of being refused, and no more is lost than was in flight.

What is imported here is in memory twice as long as the load balancer runs: keep it to next to
nothing.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
from collections.abc import Callable
from types import FrameType

HOLD, RELEASE, SERVES = b"+", b"-", b"="
"""What the serving process says on the link: one of these, the key of a listener, a line end. The
listening socket comes with HOLD; SERVES is about all of them, and its key is empty."""

TRIES = 5
"""How many processes in a row may be killed before they serve."""

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_CHUNK_BYTES = 65_536
_DESCRIPTORS = 16

Serve = Callable[[socket.socket, dict[str, int], int], int]
"""Serves, and returns the exit code. Its arguments: the link to the keeper, the descriptors that
are held, by the keys of their listeners, and the signal that killed the last process, or 0."""


class Keeper:
    """Made and run in the main thread, before there is another.

    The serving process is a fork, with the same command line: who looks for that finds both.
    """

    def __init__(self, serve: Serve) -> None:
        self._serve = serve
        self._held: dict[str, int] = {}
        self._child = 0
        self._told = 0

    def run(self) -> int:
        """The exit code of the serving process, once it has ended without being killed, or was
        told to end through us.

        In the serving process this is what ``serve`` returned. When one process after the other is
        killed before it serves, that is an error line and an exit code of its own.
        """
        killed_by = in_vain = 0
        before = {number: signal.getsignal(number) for number in _SIGNALS}
        passed_on = [number for number in before if before[number] is not signal.SIG_IGN]
        for number in passed_on:
            signal.signal(number, self._pass_on)
        while True:
            link, theirs = socket.socketpair()
            signal.pthread_sigmask(signal.SIG_BLOCK, passed_on)  # until it is known to whom it goes
            self._child = os.fork()
            if self._child == 0:
                link.close()
                for number in passed_on:
                    signal.signal(number, before[number])
                signal.pthread_sigmask(signal.SIG_UNBLOCK, passed_on)
                return self._serve(theirs, self._held, killed_by)
            theirs.close()
            if self._told:  # while there was nobody to tell
                os.kill(self._child, self._told)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, passed_on)
            served = self._follow(link)
            _, status = os.waitpid(self._child, 0)
            self._child = 0
            link.close()
            if os.WIFEXITED(status):
                return os.WEXITSTATUS(status)
            killed_by = os.WTERMSIG(status)
            if self._told:
                return 128 + killed_by  # as a shell has it
            in_vain = 0 if served else in_vain + 1
            if in_vain == TRIES:
                return _give_up(killed_by)

    def _follow(self, link: socket.socket) -> bool:
        """Do what the serving process says until it is gone. Whether it came to serve."""
        served = False
        rest = b""
        received: list[int] = []
        while True:
            data, descriptors, _, _ = socket.recv_fds(link, _CHUNK_BYTES, _DESCRIPTORS)
            if not data:
                return served
            for descriptor in descriptors:
                os.set_inheritable(descriptor, False)  # or workers would have it, too
                received.append(descriptor)
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                word, key = line[:1], line[1:].decode()
                if word == SERVES:
                    served = True
                    continue
                if key in self._held:
                    os.close(self._held.pop(key))
                if word == HOLD:
                    self._held[key] = received.pop(0)

    def _pass_on(self, number: int, _frame: FrameType | None) -> None:
        self._told = number
        if self._child:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._child, number)


def _give_up(killed_by: int) -> int:
    from local_aws.errors import CloudError

    how = signal.strsignal(killed_by) or f"signal {killed_by}"
    error = CloudError(
        f"the load balancer was killed {TRIES} times before it served: {how}",
        hint="does the machine have enough memory?",
    )
    sys.stderr.write(f"error {error.sentence}\n")
    return error.exit_code
