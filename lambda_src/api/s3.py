"""An S3 client that is ready early: most of a cold start is spent on making one.

What each step gave is in docs/decisions/cold-start.md.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, cast

# boto3's client without boto3's resource layer: a third less to import.
import botocore.session
from botocore.config import Config
from botocore.loaders import Loader

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CONNECT_TIMEOUT_SECONDS = 1.0
READ_TIMEOUT_SECONDS = 2.0
ATTEMPTS = 2


# At DEBUG, Lambda has every logger write everything: credentials in headers, too.
for _library in ("botocore", "urllib3"):
    logging.getLogger(_library).setLevel(logging.WARNING)


class _OneService(Loader):
    """Knows that there is S3 without a look into the folders of four hundred other services."""

    def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002 - botocore's
        return ["s3"]


def client() -> S3Client:
    """A client with the credentials, the Region and the endpoint of the environment."""
    session = botocore.session.get_session()
    session.register_component("data_loader", _OneService())
    config = Config(
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
        read_timeout=READ_TIMEOUT_SECONDS,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
    )
    return cast("S3Client", session.create_client("s3", config=config))
