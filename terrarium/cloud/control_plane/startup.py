"""What makes moto start in half a second, in half the memory, and keeps it off the network."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from typing import Any

import boto3
import botocore.session

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


def share_region_lists() -> None:
    """Let boto3 read its list of Regions once a service instead of once a moto module.

    moto asks a new boto3 session each time, and each one parses EC2's whole service model again:
    0.4 s of a start.
    """
    session = botocore.session.Session()

    @cache
    def regions(service: str, partition: str, non_regional: bool) -> tuple[str, ...]:
        return tuple(session.get_available_regions(service, partition, non_regional))

    def get_available_regions(
        _: Any, service_name: str, partition_name: str = "aws", allow_non_regional: bool = False
    ) -> list[str]:
        return list(regions(service_name, partition_name, allow_non_regional))

    boto3.Session.get_available_regions = get_available_regions  # type: ignore[assignment,method-assign]
