"""``python -m local_aws.load_balancer``: the data plane of one account and Region, kept.

It works in front of any control plane::

    python -m local_aws.load_balancer --endpoint-url http://127.0.0.1:5000 --region eu-west-1
"""

from __future__ import annotations

import socket
import sys

from local_aws.load_balancer.keeper import Keeper


def main() -> int:
    """Serve until SIGTERM or Ctrl-C; exit code 0 then."""
    return Keeper(_serve).run()


def _serve(link: socket.socket, held: dict[str, int], killed_by: int) -> int:
    from local_aws.load_balancer import serving
    from local_aws.load_balancer.kept import Kept

    return serving.main(Kept(link, held), killed_by)


if __name__ == "__main__":
    sys.exit(main())
