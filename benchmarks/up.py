"""`./inv up` in a fresh copy of the checkout, against plain Terraform with one root module.

- cold, with the Python environment and nothing applied: at most 1.25 times a plain
  `terraform apply` of the same resources in one root module against the same server. Both wait 61 s
  for the load balancer, because the provider waits for so long.
- nothing to change, with the cloud running and stopped: printed, with `invoke plan` beside it.

Run: .venv/bin/python -m benchmarks.up
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from local_aws import LocalCloud

from benchmarks.measure import run, verdict
from terrarium import console, documents, package, settings, toolchain
from terrarium.targets import Kind, Target
from tests.e2e.clone import Clone, copy_checkout

LIMIT_RATIO = 1.25


def one_root(folder: Path) -> Path:
    """Create the root module with everything that it needs."""
    shutil.copytree(settings.ROOT / "benchmarks" / "one_root", folder)
    shutil.copytree(settings.MODULES, folder / "modules")
    shutil.copy2(settings.ROOT / ".terraform.lock.hcl", folder)
    package.build(settings.LAMBDA_SRC, folder / "lambda.zip")
    documents.mirror(settings.DOCUMENTS, folder / "documents")
    return folder


def plain_apply(clone: Clone, folder: Path) -> float:
    """Return the seconds of `terraform init` and `apply` of everything, in the clone's cloud."""
    endpoint = LocalCloud(clone.root / ".terrarium" / "cloud").start()
    environ = Target(Kind.LOCAL, endpoint.url).environ(clone.environ | toolchain.environ())
    terraform = str(toolchain.terraform().path)
    init = run([terraform, "init", "-input=false"], folder, environ)
    apply = run([terraform, "apply", "-input=false", "-auto-approve"], folder, environ)
    return init.wall + apply.wall


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="terrarium-benchmark-") as scratch:
        clone = Clone(copy_checkout(Path(scratch) / "clone"))
        up = clone.command("up")
        try:
            cold = run(up, clone.root, clone.environ).wall
            running = run(up, clone.root, clone.environ).wall
            plan = run(clone.command("plan", "--env", "dev"), clone.root, clone.environ).wall
            clone.invoke("down")
            stopped = run(up, clone.root, clone.environ).wall
            plain = plain_apply(clone, one_root(Path(scratch) / "plain"))
        finally:
            clone.invoke("down")
    console.data(f"  plain terraform init and apply, one root module: {plain:.1f} s")
    console.data(f"  up with the cloud running: {running:.2f} s (invoke plan: {plan:.2f} s)")
    console.data(f"  up with the cloud stopped: {stopped:.2f} s")
    return 0 if verdict("cold up", cold, LIMIT_RATIO * plain) else 1


if __name__ == "__main__":
    sys.exit(main())
