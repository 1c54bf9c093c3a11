"""A function that did not initialise: nobody was ever there to take an invocation."""

from __future__ import annotations

import json

from local_aws.lambda_runtime.tail import Tail


class InitError(Exception):
    """The text says why; ``payload`` is the error as the Lambda API gives it.

    ``kind`` is Lambda's name for it, and None where it has none; ``tail`` is what was logged.
    """

    def __init__(self, text: str, payload: bytes = b"", kind: str | None = None) -> None:
        super().__init__(text)
        self.payload = payload
        self.kind = kind
        self.tail = Tail()

    @classmethod
    def reported(cls, text: str, payload: bytes) -> InitError:
        """From what the runtime client says of a handler that it cannot load."""
        try:
            kind = str(json.loads(payload)["errorType"])
        except (ValueError, KeyError, TypeError):
            kind = None
        return cls(text, payload, kind)

    @classmethod
    def exited(cls, how: str, kind: str) -> InitError:
        """The runtime client has ended; ``how`` and ``kind`` are in Lambda's words."""
        error = {
            "errorType": "Runtime.ExitError",
            "errorMessage": f"Error: Runtime exited {how}",
        }
        text = f"the runtime exited during init {how}"
        return cls(text, json.dumps(error).encode(), kind)

    @classmethod
    def timed_out(cls, seconds: float) -> InitError:
        message = f"Error: Task timed out after {seconds:.2f} seconds"
        payload = json.dumps({"errorType": "Sandbox.Timedout", "errorMessage": message})
        return cls(f"init took over {seconds:.0f} seconds", payload.encode())
