"""Runs in the worker process: ties its life to its parent's, then becomes AWS's runtime client.

Started by path, not with ``-m``, so that a function cannot import the tooling by accident.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

_PR_SET_PDEATHSIG = 1  # include/uapi/linux/prctl.h


def die_with(parent: int) -> None:
    """Have the kernel kill this process when its parent ends, however it ends (Linux only).

    Elsewhere the runtime client exits by itself once the Runtime API is gone.
    """
    if sys.platform != "linux":
        return
    import ctypes

    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before the call
        os._exit(1)


def tell_when_taken(told: int) -> None:
    """Write a byte to the descriptor each time the runtime client has taken an invocation.

    The Runtime API has no such word: an invocation that was sent to a process which is just being
    killed would look like one whose handler crashed, and could not be given to another worker.
    """
    from awslambdaric import lambda_runtime_client

    client = lambda_runtime_client.runtime_client
    take = client.next

    def take_and_tell() -> Any:
        taken = take()
        os.write(told, b".")
        return taken

    client.next = take_and_tell


def main() -> None:
    parent, told = map(int, sys.argv[1:])
    os.set_inheritable(told, False)
    die_with(parent)
    sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
    sys.argv = ["awslambdaric", os.environ["_HANDLER"]]
    from awslambdaric.__main__ import main as run

    tell_when_taken(told)
    run(sys.argv)


if __name__ == "__main__":
    main()
