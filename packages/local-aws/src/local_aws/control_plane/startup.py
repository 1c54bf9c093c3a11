"""What makes moto start in half a second, in half the memory, and keeps it off the network."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Mapping
from functools import cache
from types import ModuleType
from typing import Any

import boto3
from botocore.exceptions import UnknownServiceError
from botocore.loaders import create_loader
from botocore.regions import EndpointResolver

ENVIRONMENT: Mapping[str, str] = {
    # 1,291 public machine images for each account and Region, of which nothing here starts one.
    "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",
    # No page of another site may talk to this cloud from somebody's browser.
    "MOTO_DISABLE_GLOBAL_CORS": "true",
}


def configure_environment() -> None:
    """Set moto's own switches; whoever set one in the environment keeps it. Before moto loads."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    # A profile or an account of the caller has no meaning inside this process.
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ENDPOINT_URL", "MOTO_ACCOUNT_ID"):
        os.environ.pop(name, None)


def leave_out_machines() -> None:
    """Have moto read no types of EC2 instances, for the same reason: 30 MB, and as many files.

    What EC2 offers of them here is nothing. Before moto's EC2 loads.
    """
    from moto.utilities import utils

    load = utils.load_resource

    def load_resource(filename: str) -> Any:
        return {} if "instance_type" in filename else load(filename)

    utils.load_resource = load_resource


def leave_out_managed_policies() -> None:
    """Leave AWS's own managed policies on the disk unless moto's switch asks for them: 5 MB.

    moto reads their text at every start, and without the switch never looks into it. Before
    moto's IAM loads.
    """
    from moto.settings import load_iam_aws_managed_policies

    if not load_iam_aws_managed_policies():
        module = ModuleType("moto.iam.aws_managed_policies")
        vars(module)["aws_managed_policies_data"] = "{}"
        sys.modules[module.__name__] = module


def leave_out_encodings() -> None:
    """Have requests, which moto imports, not load what guesses the encoding of a text: 4 MB.

    Nothing here asks another server for a text. Before moto loads.
    """
    for name in ("chardet", "charset_normalizer"):
        sys.modules[name] = None  # type: ignore[assignment] # an import of it fails from now on
    warnings.filterwarnings("ignore", message="Unable to find acceptable character detection")


def forget_instances() -> None:
    """Have moto not keep everything that it ever made for a dashboard that nobody sees.

    What is deleted, an event of a log above all, would never leave the memory. Before a request.
    """
    from moto.core.common_models import BaseModel

    def new(cls: type, *_: object, **__: object) -> object:
        return object.__new__(cls)

    BaseModel.__new__ = new


def share_region_lists() -> None:
    """Answer what boto3 is asked of Regions from the names alone, and from models moto shares.

    moto asks a new boto3 session each time, and each one parses all endpoints and EC2's whole
    service model again: 0.4 s of a start, and 20 MB.
    """
    endpoints = EndpointResolver(_names_of(create_loader().load_data("endpoints")))

    @cache
    def regions(service: str, partition: str, non_regional: bool) -> tuple[str, ...]:
        from moto.core.utils import get_service_model  # the very one that serves the service

        try:
            prefix = get_service_model(service).metadata.get("endpointPrefix", service)
        except UnknownServiceError:  # boto3 knows of no Region then
            return ()
        return tuple(endpoints.get_available_endpoints(prefix, partition, non_regional))

    def get_available_regions(
        _: Any, service_name: str, partition_name: str = "aws", allow_non_regional: bool = False
    ) -> list[str]:
        return list(regions(service_name, partition_name, allow_non_regional))

    def get_available_partitions(_: Any) -> list[str]:
        return list(endpoints.get_available_partitions())

    boto3.Session.get_available_regions = get_available_regions  # type: ignore[assignment,method-assign]
    boto3.Session.get_available_partitions = get_available_partitions  # type: ignore[assignment,method-assign]


def _names_of(endpoints: Mapping[str, Any]) -> dict[str, Any]:
    """botocore's endpoints with nothing but the names of partitions, services and Regions."""
    return {
        "partitions": [
            {
                "partition": partition["partition"],
                "regions": dict.fromkeys(partition["regions"]),
                "services": {
                    name: {"endpoints": dict.fromkeys(service.get("endpoints", ()))}
                    for name, service in partition["services"].items()
                },
            }
            for partition in endpoints["partitions"]
        ]
    }
