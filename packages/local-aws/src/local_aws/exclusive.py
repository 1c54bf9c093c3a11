"""One starter at a time in a checkout: a lock that the kernel drops when its holder dies."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local_aws.errors import CloudError


@contextmanager
def exclusive(path: Path, timeout_seconds: float = 90.0) -> Iterator[None]:
    """Hold the lock file while the block runs.

    Raises CloudError when somebody else holds it for longer than ``timeout_seconds``.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + timeout_seconds
    with path.open("w") as file:  # not inherited by the processes that are started meanwhile
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise CloudError(
                        f"another command has been starting or stopping this cloud "
                        f"for {timeout_seconds:.0f} s",
                        hint=f"wait for it, or see who holds it: fuser {path}",
                    ) from None
                time.sleep(0.02)
            else:
                break
        yield
