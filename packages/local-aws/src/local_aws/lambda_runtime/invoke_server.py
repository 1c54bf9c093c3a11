"""Loopback server for calls of Invoke, which the control plane passes on to the data plane."""

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
from local_aws.lambda_runtime.invocation import (
    FUNCTION_ERRORS,
    Answered,
    Failed,
    Invocation,
    LogTail,
    Outcome,
    Reason,
)
from local_aws.lambda_runtime.invoke_protocol import (
    HEAD_BYTES,
    InvocationType,
    InvokeRequest,
    InvokeResponse,
    InvokeStatus,
    decode_head,
)
from local_aws.lambda_runtime.invoker import FunctionInvoker
from local_aws.ports import LOOPBACK

_log = logging.getLogger(__name__)

_PAYLOAD_BYTES = 8 << 20

TargetSource = Callable[[str], Target | None]
"""Returns the target of a function's ARN, None if there is no such function. Called in a thread;
raises CloudError."""


class InvokeServer:
    """Runs functions on the same workers as the load balancer does."""

    def __init__(self, functions: FunctionInvoker, read_target: TargetSource) -> None:
        self.token = secrets.token_hex(16)
        self._functions = functions
        self._read_target = read_target
        self._server: asyncio.Server | None = None
        self._mark = ""
        self._targets: dict[str, Target | None] = {}

    async def open(self) -> int:
        """Listen; return the port."""
        self._server = await asyncio.start_server(self._serve, LOOPBACK, 0, limit=HEAD_BYTES)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def close(self) -> None:
        """Stop listening; calls that run can still be answered."""
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await self._read(reader)
            if request is not None:
                writer.write((await self._answer(request)).encode())
                await writer.drain()
        except (OSError, ValueError, asyncio.IncompleteReadError) as error:
            _log.warning("an unreadable Invoke request: %s", error)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _read(self, reader: asyncio.StreamReader) -> InvokeRequest | None:
        """Return None if the token is wrong."""
        head, length = decode_head(await reader.readline())
        if not hmac.compare_digest(str(head.get("token")), self.token):
            return None
        if not 0 <= length <= _PAYLOAD_BYTES:
            raise ValueError(f"a payload of {length} bytes")
        return InvokeRequest.decode(head, await reader.readexactly(length))

    async def _answer(self, request: InvokeRequest) -> InvokeResponse:
        try:
            target = await self._target(request)
        except CloudError as error:
            return _refused(Reason.SERVICE, error.message)
        if target is None:
            return _refused(Reason.NOT_FOUND, f"Function not found: {request.arn}")
        if request.invocation_type == InvocationType.DRY_RUN:
            return InvokeResponse(InvokeStatus.ACCEPTED, str(uuid.uuid4()))
        is_event = request.invocation_type == InvocationType.EVENT
        outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        invocation = self._functions.call(
            target,
            request.payload,
            outcome.set_result,
            trace_id=request.trace_id or _trace_id(),
            tail=LogTail() if request.with_log and not is_event else None,
            client_context=request.client_context,
        )
        if is_event:
            outcome.add_done_callback(lambda done: _log_failure(request.arn, done.result()))
            return InvokeResponse(InvokeStatus.ACCEPTED, invocation.request_id)
        return _response(invocation, await outcome)

    async def _target(self, request: InvokeRequest) -> Target | None:
        """Return the target, read again if the mark says that the configuration changed."""
        if request.mark != self._mark:
            self._mark = request.mark
            self._targets.clear()
        if request.arn not in self._targets:
            target = await asyncio.to_thread(self._read_target, request.arn)
            if request.mark != self._mark:
                return target
            self._targets[request.arn] = target
        return self._targets[request.arn]


def _trace_id() -> str:
    """Return a new trace header. Source: X-Ray developer guide, "Tracing header"."""
    return f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)};Sampled=0"


def _response(invocation: Invocation, outcome: Outcome) -> InvokeResponse:
    if isinstance(outcome, Failed) and outcome.reason not in FUNCTION_ERRORS:
        return _refused(outcome.reason, outcome.detail)
    return InvokeResponse(
        InvokeStatus.ANSWERED if isinstance(outcome, Answered) else InvokeStatus.FAILED,
        invocation.request_id,
        invocation.version,
        log="" if invocation.tail is None else invocation.tail.encoded(),
        payload=outcome.payload,
    )


def _refused(reason: Reason, detail: str) -> InvokeResponse:
    return InvokeResponse(InvokeStatus.REFUSED, reason=reason, detail=detail)


def _log_failure(arn: str, outcome: Outcome) -> None:
    """Log the failure of an event. On AWS, Lambda would try it twice more."""
    if isinstance(outcome, Failed):
        _log.warning("an event for %s failed: %s %s", arn, outcome.reason, outcome.detail)
