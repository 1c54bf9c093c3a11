"""AWS clients that can do what is called and nothing else, in a fraction of the memory.

They are botocore's own. It is given less to read: of each service the operations that are named,
no list of the endpoints of all services and no rules for finding one, since the endpoint is known.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import IO, Any, cast

import botocore.session
from botocore.config import Config
from botocore.loaders import JSONFileLoader, Loader

from local_aws import lean_models
from local_aws.lambda_runtime.environment import Credentials

Names = Mapping[str, Collection[str]]
"""By service, named as in AWS's API: ``{"sts": ["AssumeRole"]}``."""

_RULES = "endpoint-rule-set-1"
_DOCUMENT = {"type": "structure", "members": {}, "document": True}
_NO_ENDPOINTS: dict[str, Any] = {"version": 3, "partitions": []}

_CONFIG = Config(
    connect_timeout=2,
    read_timeout=15,
    retries={"mode": "standard", "total_max_attempts": 1},
    max_pool_connections=20,
    parameter_validation=False,
    disable_request_compression=True,
    user_agent="terrarium",
)
"""One attempt: whoever calls tries again in its own time. What is sent, goes to this machine."""


class LeanClients:
    """Makes clients of one endpoint; to be used by one thread at a time, its clients by many."""

    def __init__(
        self, operations: Names, endpoint_url: str, region: str, *, ready: Names | None = None
    ) -> None:
        """Values of shapes in ``ready`` are sent as they are, with no look at their members.

        That is for large ones of services which speak JSON.
        """
        self._endpoint_url = endpoint_url
        self._region = region
        self._session = botocore.session.Session()
        self._session.register_component("data_loader", _LeanLoader(operations, ready or {}))

    def client(self, service: str, credentials: Credentials | None = None) -> Any:
        """With these credentials, or those that botocore finds in the environment."""
        return self._session.create_client(
            service,
            self._region,
            endpoint_url=self._endpoint_url,
            aws_access_key_id=credentials.access_key_id if credentials else None,
            aws_secret_access_key=credentials.secret_access_key if credentials else None,
            aws_session_token=credentials.session_token if credentials else None,
            config=_CONFIG,
        )


class _LeanLoader(Loader):
    def __init__(self, operations: Names, ready: Names) -> None:
        super().__init__(file_loader=_LeanFiles(operations, ready))
        self._services = sorted(operations)

    def list_available_services(self, type_name: str) -> list[str]:
        # Without rules botocore takes the endpoint that it is given; S3 builds URLs by them.
        return ["s3"] if type_name == _RULES else self._services

    def load_data_with_path(self, name: str) -> tuple[Any, str]:
        if name == "endpoints":
            return _NO_ENDPOINTS, name
        return cast("tuple[Any, str]", super().load_data_with_path(name))


class _LeanFiles(JSONFileLoader):
    def __init__(self, operations: Names, ready: Names) -> None:
        self._operations = operations
        self._ready = ready

    def _load_file(
        self, full_path: str, open_method: Callable[[str, str], IO[bytes]]
    ) -> dict[str, Any] | None:
        path = Path(full_path)
        if not path.is_file():
            return None
        with open_method(full_path, "rb") as file:
            content = file.read()
        service, kind = path.parts[-3], path.name.removesuffix(".gz")
        called = self._operations.get(service, ())
        if kind == "service-2.json":
            model = lean_models.part(content, called)
            model["shapes"] |= dict.fromkeys(self._ready.get(service, ()), _DOCUMENT)
            return model
        found = lean_models.read(content)
        if kind == "paginators-1.json":
            pages = found["pagination"]
            return {"pagination": {name: pages[name] for name in called if name in pages}}
        return found
