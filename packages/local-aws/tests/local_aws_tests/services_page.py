"""Generated tables of docs/reference/local-aws-services.md: services of moto, patches on libraries.

``python -m local_aws_tests.services_page`` writes them; ``invoke fmt`` does so too.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from botocore import xform_name
from botocore.loaders import create_loader
from local_aws.control_plane import patches
from local_aws.control_plane.patching import Extension, Kind
from moto.backends import get_backend
from moto.core.responses import BaseResponse

ROOT = Path(__file__).parents[4]
PAGE = ROOT / "docs" / "reference" / "local-aws-services.md"

_SOURCE = "../../packages/local-aws/src/local_aws"


def rendered(text: str) -> str:
    """Return the page with its tables written again."""
    text = _with_table(text, "services", ("Service", "Operations", "of"), _services())
    patched = map(_patch_row, patches.EXTENSIONS)
    return _with_table(text, "patches", ("What we do", "Why", "Where", "Patched"), patched)


def _with_table(
    text: str, name: str, head: tuple[str, ...], rows: Iterator[tuple[str, ...]]
) -> str:
    lines = [head, ("---",) * len(head), *rows]
    table = "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
    block = re.compile(rf"(?<=<!-- {name} -->\n).*(?=<!-- /{name} -->\n)", re.DOTALL)
    return block.sub(lambda _: f"\n{table}\n", text)


def _services() -> Iterator[tuple[str, ...]]:
    """Yield each service that both botocore and moto know, with its number of operations."""
    loader = create_loader()
    for service in loader.list_available_services("service-2"):
        try:
            backend = get_backend(service).backend
        except ModuleNotFoundError:
            continue
        known = {*dir(backend), *_responses(backend)}
        operations = loader.load_service_model(service, "service-2")["operations"]
        built = [each for each in operations if xform_name(each) in known]
        yield f"`{service}`", str(len(built) or "?"), str(len(operations))


def _responses(backend: type) -> Iterator[str]:
    name = f"{backend.__module__.rpartition('.models')[0]}.responses"
    if find_spec(name) is None:  # some services share the responses of another
        return
    for _, member in inspect.getmembers(import_module(name), inspect.isclass):
        if issubclass(member, BaseResponse):
            yield from dir(member)


def _patch_row(extension: Extension) -> tuple[str, ...]:
    path = extension.module.replace(".", "/")
    targets = (
        f"`{patch.target}`" if patch.kind is Kind.WRAP else f"`{patch.target}` ({patch.kind})"
        for patch in extension.patches
    )
    where = f"[{path.rpartition('/')[2]}.py]({_SOURCE}/{path}.py)"
    return extension.what, extension.why, where, "<br>".join(targets)


if __name__ == "__main__":
    PAGE.write_text(rendered(PAGE.read_text("utf-8")), "utf-8")
