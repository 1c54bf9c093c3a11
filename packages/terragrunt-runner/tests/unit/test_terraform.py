from __future__ import annotations

from pathlib import Path

from terragrunt_runner.run.terraform import StateLock

LOCKED = """
\x1b[31m╷\x1b[0m
\x1b[31m│\x1b[0m \x1b[1mError acquiring the state lock\x1b[0m
│
│ Error message: operation error S3: PutObject, https response error StatusCode: 412
│ Lock Info:
│   ID:        6dbb5c32-4a67-4e84-9e7a-2a1b5b3d9f01
│   Path:      states/a/terraform.tfstate
│   Operation: OperationTypeApply
│   Who:       ada@analytical
│   Version:   1.11.4
│   Created:   2026-01-02 03:04:05.6 +0000 UTC
│   Info:
"""


def test_a_lock_is_read_from_terraforms_output() -> None:
    lock = StateLock.from_output(LOCKED)
    assert lock is not None
    error = lock.error(Path("/live/a"))
    assert "locked by ada@analytical since 2026-01-02 03:04:05.6 +0000 UTC" in error.message
    assert error.hint is not None
    assert "cd /live/a && terragrunt force-unlock 6dbb5c32" in error.hint
    assert StateLock.from_output("Error: something else") is None
