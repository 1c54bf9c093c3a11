"""An S3 client that is ready early: most of a cold start is spent on making one.

What each step gave is in docs/decisions/cold-start.md.
"""

from __future__ import annotations

import gzip
import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

# boto3's client without boto3's resource layer: a third less to import.
import botocore.session
from botocore import handlers
from botocore.config import Config
from botocore.loaders import JSONFileLoader, Loader

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CONNECT_TIMEOUT_SECONDS = 1.0
READ_TIMEOUT_SECONDS = 2.0
ATTEMPTS = 2


# At DEBUG, Lambda has every logger write everything: credentials in headers, too.
for _library in ("botocore", "urllib3"):
    logging.getLogger(_library).setLevel(logging.WARNING)


_CALLED = ("GetObject", "ListObjectsV2")


class _Files(JSONFileLoader):
    """Reads models into dicts, which keep their order as well, in half the time."""

    def load_file(self, file_path: str) -> Any:
        for suffix, opener in ((".json", open), (".json.gz", gzip.open)):
            path = Path(file_path + suffix)
            if path.is_file():
                with opener(path, "rb") as file:
                    return json.loads(file.read())
        return None


class _OneService(Loader):
    """Knows that there is S3 without a look at four hundred other services.

    botocore's list of the endpoints of all of them takes longer to read than the model of S3, whose
    own rules say where its endpoints are; of the list only the partitions are needed then.
    """

    FILE_LOADER_CLASS = _Files

    def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002 - botocore's
        return ["s3"]

    def load_service_model(
        self, service_name: str, type_name: str, api_version: str | None = None
    ) -> dict[str, Any]:
        model: dict[str, Any] = super().load_service_model(service_name, type_name, api_version)
        if type_name != "service-2":
            return model
        # The client is made of as many methods; two of a hundred are called.
        return {**model, "operations": {name: model["operations"][name] for name in _CALLED}}

    def load_data_with_path(self, name: str) -> tuple[Any, str]:
        if name != "endpoints":
            return cast("tuple[Any, str]", super().load_data_with_path(name))
        found, path = super().load_data_with_path("partitions")
        return {
            "version": 3,
            "partitions": [_partition(each) for each in found["partitions"]],
        }, path


def _partition(of_rules: dict[str, Any]) -> dict[str, Any]:
    """A partition as the list of endpoints describes it, from what endpoint rules say of it."""
    outputs, anywhere = of_rules["outputs"], f"{of_rules['id']}-global"
    # Without a Region of its own S3 is in one of the partition: us-east-1 is called so, at times.
    everywhere = {
        "hostname": f"s3.{outputs['dnsSuffix']}",
        "credentialScope": {"region": outputs["implicitGlobalRegion"]},
    }
    return {
        "partition": of_rules["id"],
        "dnsSuffix": outputs["dnsSuffix"],
        "regionRegex": of_rules["regionRegex"],
        "regions": of_rules["regions"],
        "defaults": {"hostname": "{service}.{region}.{dnsSuffix}", "protocols": ["https"]},
        "services": {
            "s3": {
                "defaults": {"protocols": ["http", "https"], "signatureVersions": ["s3v4"]},
                "partitionEndpoint": anywhere,
                "endpoints": {anywhere: everywhere},
            }
        },
    }


def client() -> S3Client:
    """A client with the credentials, the Region and the endpoint of the environment."""
    try:
        return _lean_client()
    except Exception:
        # Lambda renews the botocore below us: what it needs now costs a slower start, no more.
        return _client(Loader())


def _lean_client() -> S3Client:
    every = handlers.BUILTIN_HANDLERS
    handlers.BUILTIN_HANDLERS = [each for each in every if _is_wanted(each[0])]
    try:
        return _client(_OneService())
    finally:
        handlers.BUILTIN_HANDLERS = every


def _is_wanted(event: str) -> bool:
    """Two of three handlers are for other services or write documentation."""
    kind, _, of = event.partition(".")
    return kind != "docs" and of.partition(".")[0] in {"", "*", "s3"}


def _client(loader: Loader) -> S3Client:
    session = botocore.session.get_session()
    session.register_component("data_loader", loader)
    config = Config(
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
        read_timeout=READ_TIMEOUT_SECONDS,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
    )
    return cast("S3Client", session.create_client("s3", config=config))
