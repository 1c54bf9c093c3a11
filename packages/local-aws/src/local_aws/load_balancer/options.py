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
    """``http_port`` and ``state_file`` are None where it is ours to choose them."""

    endpoint_url: str
    region: str
    account: str | None
    http_port: int | None
    state_file: Path | None
    poll_seconds: float
    intervals: Intervals
    protection: bool


def parse(arguments: Sequence[str] | None = None) -> Options:
    """Of ``arguments``, or of the process's. Ends the process when something is wrong with them."""
    parser = argparse.ArgumentParser(
        prog="python -m local_aws.load_balancer",
        description="Serve the load balancers of one account and Region on loopback ports.",
    )
    parser.add_argument("--endpoint-url", required=True, type=_url, help="of the AWS API to follow")
    parser.add_argument("--region", required=True, type=_like(_REGION, "a Region"))
    parser.add_argument(
        "--account",
        type=_like(_ACCOUNT, "an account's twelve digits"),
        help="twelve digits; its role named terrarium is assumed. "
        "By default that of the environment's credentials, with these",
    )
    parser.add_argument(
        "--http-port",
        type=_port,
        help="for port 80 of the first load balancer; "
        f"by default the first that is free from {HTTP_PORT} on",
    )
    parser.add_argument(
        "--state-file",
        type=_file,
        help="what is served where, and beside it the code of functions; "
        "by default in a temporary folder",
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
        help="act on firewalls, security groups, subnets and routes",
    )
    found = parser.parse_args(arguments)
    return Options(
        endpoint_url=found.endpoint_url,
        region=found.region,
        account=found.account,
        http_port=found.http_port,
        state_file=found.state_file,
        poll_seconds=found.poll_seconds,
        intervals=Intervals(found.log_seconds, found.metric_seconds),
        protection=found.protection,
    )


def _url(text: str) -> str:
    try:
        url = urlsplit(text)
        is_one = url.scheme in {"http", "https"} and bool(url.hostname) and url.port != 0
    except ValueError:
        is_one = False
    if not is_one:
        raise argparse.ArgumentTypeError(f"{text!r} is not the http or https URL of an AWS API")
    return text


def _like(pattern: re.Pattern[str], what: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if pattern.fullmatch(text) is None or not text.isascii():
            raise argparse.ArgumentTypeError(f"{text!r} is not {what}")
        return text

    return read


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
    """A path where a file can be written, absolute; its folder is made."""
    path = Path(text).absolute()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{path.parent}: {error.strerror}") from error
    if path.is_dir() or not os.access(path.parent, os.W_OK):
        raise argparse.ArgumentTypeError(f"{path} is no place for a file of ours")
    return path
