"""An AWS on one machine: control plane, load balancers, Lambda functions.

The public API is what this module exports; see the package's README.
"""

from __future__ import annotations

from local_aws.errors import CloudError
from local_aws.listeners_file import Listener
from local_aws.local_cloud import Endpoint, LocalCloud, ProcessStatus, State, Stopped
from local_aws.ports import DEFAULT_PORT, is_free

__version__ = "0.2.0"
__all__ = [
    "DEFAULT_PORT",
    "CloudError",
    "Endpoint",
    "Listener",
    "LocalCloud",
    "ProcessStatus",
    "State",
    "Stopped",
    "is_free",
]
