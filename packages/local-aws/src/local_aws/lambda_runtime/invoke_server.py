"""Where calls by the Lambda API arrive: a loopback port that the control plane knows."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import logging
import secrets
import time
import uuid
from collections.abc import Callable

from local_aws.errors import CloudError
from local_aws.lambda_runtime.function_version import Target
from local_aws.lambda_runtime.invocation import Invocation
from local_aws.lambda_runtime.invoke_messages import HEAD_BYTES, Call, Ending, Kind, Return, head_of
from local_aws.lambda_runtime.invoker import Functions
from local_aws.lambda_runtime.outcome import Answered, Failed, Outcome, Reason
from local_aws.lambda_runtime.tail import Tail
from local_aws.ports import LOOPBACK

_log = logging.getLogger(__name__)

_PAYLOAD_BYTES = 8 << 20
_RAN = frozenset({Reason.UNHANDLED, Reason.RESPONSE_TOO_LARGE})

TargetSource = Callable[[str], Target | None]
"""What a function's ARN stands for now, None when there is no such function. Called in a thread;
raises CloudError."""


class Calls:
    """Runs what is asked for on the same workers, within the same reserve, as everything else."""

    def __init__(self, functions: Functions, read_target: TargetSource) -> None:
        self.token = secrets.token_hex(16)
        self._functions = functions
        self._read_target = read_target
        self._server: asyncio.Server | None = None
        self._mark = ""
        self._known: dict[str, Target | None] = {}

    async def open(self) -> int:
        """Listen; returns the port."""
        self._server = await asyncio.start_server(self._serve, LOOPBACK, 0, limit=HEAD_BYTES)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def close(self) -> None:
        """Take no more calls; those that run may still answer."""
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            call = await self._read(reader)
            if call is not None:
                writer.write((await self._answer(call)).encode())
                await writer.drain()
        except (OSError, ValueError, asyncio.IncompleteReadError) as error:
            _log.warning("a call that nobody can read: %s", error)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _read(self, reader: asyncio.StreamReader) -> Call | None:
        """None for somebody who does not know our token."""
        head, length = head_of(await reader.readline())
        if not hmac.compare_digest(str(head.get("token")), self.token):
            return None
        if not 0 <= length <= _PAYLOAD_BYTES:
            raise ValueError(f"a payload of {length} bytes")
        return Call.decode(head, await reader.readexactly(length))

    async def _answer(self, call: Call) -> Return:
        try:
            target = await self._target(call)
        except CloudError as error:
            return _refused(Reason.SERVICE, error.message)
        if target is None:
            return _refused(Reason.NOT_FOUND, f"Function not found: {call.arn}")
        if call.kind is Kind.DRY_RUN:
            return Return(Ending.ACCEPTED, str(uuid.uuid4()))
        outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        tail = Tail() if call.with_log and call.kind is Kind.REQUEST_RESPONSE else None
        invocation = self._functions.call(
            target,
            call.payload,
            outcome.set_result,
            trace_id=call.trace_id or _trace(),
            tail=tail,
            client_context=call.client_context,
        )
        if call.kind is Kind.EVENT:
            outcome.add_done_callback(lambda done: _tell(call.arn, done.result()))
            return Return(Ending.ACCEPTED, invocation.request_id)
        return _return(invocation, await outcome)

    async def _target(self, call: Call) -> Target | None:
        """Read again when the control plane says that something has changed."""
        if call.mark != self._mark:
            self._mark = call.mark
            self._known.clear()
        if call.arn not in self._known:
            target = await asyncio.to_thread(self._read_target, call.arn)
            if call.mark != self._mark:
                return target
            self._known[call.arn] = target
        return self._known[call.arn]


def _trace() -> str:
    """For a caller who brings none. Source: X-Ray developer guide, "Tracing header"."""
    return f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)};Sampled=0"


def _return(invocation: Invocation, outcome: Outcome) -> Return:
    log = "" if invocation.tail is None else invocation.tail.encoded()
    request_id, version = invocation.request_id, invocation.version
    if isinstance(outcome, Answered):
        return Return(Ending.ANSWERED, request_id, version, log=log, payload=outcome.payload)
    if outcome.reason in _RAN:
        return Return(Ending.FAILED, request_id, version, log=log, payload=outcome.payload)
    return _refused(outcome.reason, outcome.detail)


def _refused(reason: Reason, detail: str) -> Return:
    return Return(Ending.REFUSED, reason=reason, detail=detail)


def _tell(arn: str, outcome: Outcome) -> None:
    """Nobody waits for the outcome of an event. On AWS it would be tried twice more."""
    if isinstance(outcome, Failed):
        _log.warning("an event for %s failed: %s %s", arn, outcome.reason, outcome.detail)
