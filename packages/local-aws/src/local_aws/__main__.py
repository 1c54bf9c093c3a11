"""``python -m local_aws`` is the command ``local-aws``."""

from __future__ import annotations

import sys

from local_aws.cli import main

if __name__ == "__main__":
    sys.exit(main())
