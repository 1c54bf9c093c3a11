"""The command line of the load balancer."""

from __future__ import annotations

import argparse
import math
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from local_aws.cloudwatch.observer import Intervals

HTTP_PORT = 8080

_REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+-\d{1,2}")
_ACCOUNT = re.compile(r"\d{12}")
_LEAST_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class Options:
    """``regions`` is empty for all Regions of the account."""

    endpoint_url: str
    regions: tuple[str, ...]
    account: str | None
    http_port: int | None
    listeners_file: Path | None
    poll_seconds: float
    intervals: Intervals
    protection: bool
    end_with_stdin: bool


def parse(arguments: Sequence[str] | None = None) -> Options:
    """Parse ``arguments``, or those of the process. Ends the process if they are wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m local_aws.load_balancer",
        description="Serve the load balancers of one account on loopback ports.",
    )
    parser.add_argument("--endpoint-url", required=True, type=_url, help="AWS API to follow")
    parser.add_argument(
        "--region",
        action="append",
        default=[],
        dest="regions",
        type=_like(_REGION, "a Region"),
        help="may be repeated; by default all Regions of the account, which only the control plane "
        "of local-aws can list",
    )
    parser.add_argument(
        "--account",
        type=_like(_ACCOUNT, "an account's twelve digits"),
        help="twelve digits; its role local-aws is assumed. "
        "By default the account of the environment's credentials, with these credentials",
    )
    parser.add_argument(
        "--http-port",
        type=_port,
        help="local port for port 80 of the first load balancer; "
        f"by default the first free one from {HTTP_PORT} on",
    )
    parser.add_argument(
        "--listeners-file",
        type=_file,
        help="written: which listeners are served where. The code of functions is unpacked "
        "beside it. By default in a temporary folder",
    )
    parser.add_argument("--poll-seconds", type=_seconds, default=1.0)
    parser.add_argument(
        "--log-seconds", type=_seconds, default=Intervals().logs, help="between two log files"
    )
    parser.add_argument(
        "--metric-seconds",
        type=_seconds,
        default=Intervals().metrics,
        help="between two data points",
    )
    parser.add_argument(
        "--protection",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="apply firewalls, security groups, subnets and routes",
    )
    parser.add_argument(
        "--end-with-stdin", action="store_true", help="end when standard input closes"
    )
    found = parser.parse_args(arguments)
    if not (found.regions or found.account):
        parser.error("name a Region with --region, or an account with --account")
    return Options(
        endpoint_url=found.endpoint_url,
        regions=tuple(dict.fromkeys(found.regions)),
        account=found.account,
        http_port=found.http_port,
        listeners_file=found.listeners_file,
        poll_seconds=found.poll_seconds,
        intervals=Intervals(found.log_seconds, found.metric_seconds),
        protection=found.protection,
        end_with_stdin=found.end_with_stdin,
    )


def _url(text: str) -> str:
    try:
        url = urlsplit(text)
        is_valid = url.scheme in {"http", "https"} and bool(url.hostname) and url.port != 0
    except ValueError:
        is_valid = False
    if not is_valid:
        raise argparse.ArgumentTypeError(f"{text!r} is not the http or https URL of an AWS API")
    return text


def _like(pattern: re.Pattern[str], what: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if pattern.fullmatch(text) is None or not text.isascii():
            raise argparse.ArgumentTypeError(f"{text!r} is not {what}")
        return text

    return parse


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text[:6]) < 65_536 and len(text) < 6):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from 1 to 65535")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not _LEAST_SECONDS <= seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds from 0.01 on")
    return seconds


def _file(text: str) -> Path:
    """Return an absolute path where a file can be written; creates its folder."""
    path = Path(text).absolute()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{path.parent}: {error.strerror}") from error
    if path.is_dir() or not os.access(path.parent, os.W_OK):
        raise argparse.ArgumentTypeError(f"{path} is not a writable file")
    return path
