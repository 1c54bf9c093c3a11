"""When ``terraform init`` can be skipped: a stamp that says what the last one saw.

The stamp is a digest of everything ``init`` reads: provider and module requirements, the backend,
the lock file, Terraform itself, its CLI configuration and the arguments. It is written last, after
a success, and removed before the next init, so that a kill at any moment leaves no stamp that lies.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from terragrunt_runner.run.working_folder import LOCK_FILE

STAMP = ".terragrunt-init.json"

_DECLARES = re.compile(rb"^\s*(?:terraform|module|provider)\b", re.MULTILINE)
_USES = re.compile(rb'^\s*(?:resource|data|ephemeral)\s+"([a-z0-9-]+)', re.MULTILINE)
_LOCAL_MODULE = re.compile(rb'^\s*source\s*=\s*"(\.{1,2}/[^"]*)"', re.MULTILINE)
_VARIABLES = ("TF_CLI_CONFIG_FILE", "TF_CLI_ARGS", "TF_CLI_ARGS_init", "TF_WORKSPACE")


@dataclass(frozen=True, slots=True)
class Stamp:
    """Digests: of what init read; of the lock file it was given; of the one it left."""

    inputs: str
    given: str
    lock: str


def digest(
    folder: Path, terraform: str, arguments: Sequence[str], environment: Mapping[str, str]
) -> str:
    """Of everything that init reads, but not of the lock file's result."""
    total = hashlib.sha256()
    for part in _parts(folder, terraform, arguments, environment):
        total.update(hashlib.sha256(part).digest())
    return total.hexdigest()


def is_initialised(folder: Path, inputs: str) -> bool:
    """Whether the folder's last init saw the same and its results are still there."""
    stamp = read(folder)
    data = data_folder(folder, os.environ)
    return (
        stamp is not None
        and stamp.inputs == inputs
        and stamp.lock == file_digest(folder / LOCK_FILE)
        and data.is_dir()
        and (stamp.lock == "" or (data / "providers").exists())
    )


def keeps_lock(folder: Path, wanted: str) -> bool:
    """Whether the lock file there is what the last init made of the one that is wanted.

    Init may add hashes of this platform; putting the wanted file back would undo that each time.
    """
    stamp = read(folder)
    return (
        stamp is not None
        and stamp.given == wanted
        and stamp.lock == file_digest(folder / LOCK_FILE) != ""
    )


def read(folder: Path) -> Stamp | None:
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        found = json.loads((folder / STAMP).read_text("utf-8"))
        return Stamp(str(found["inputs"]), str(found["given"]), str(found["lock"]))
    return None


def remove(folder: Path) -> None:
    (folder / STAMP).unlink(missing_ok=True)


def write(folder: Path, inputs: str, given: str) -> None:
    stamp = {"inputs": inputs, "given": given, "lock": file_digest(folder / LOCK_FILE)}
    temporary = folder / f"{STAMP}.tmp{os.getpid()}"
    temporary.write_text(json.dumps(stamp), "utf-8")
    temporary.replace(folder / STAMP)


def data_folder(folder: Path, environment: Mapping[str, str]) -> Path:
    """Terraform's own folder: ``.terraform`` unless TF_DATA_DIR moves it."""
    return folder / (environment.get("TF_DATA_DIR") or ".terraform")


def _parts(
    folder: Path, terraform: str, arguments: Sequence[str], environment: Mapping[str, str]
) -> Iterator[bytes]:
    yield json.dumps([_identity(terraform), list(arguments)]).encode()
    yield json.dumps([environment.get(name) for name in _VARIABLES]).encode()
    cli = environment.get("TF_CLI_CONFIG_FILE") or str(Path.home() / ".terraformrc")
    yield file_digest(Path(cli)).encode()
    yield from _module(folder, set())


def _module(folder: Path, seen: set[Path]) -> Iterator[bytes]:
    """Requirements of a module and of the local modules it calls."""
    if folder in seen or not folder.is_dir():
        return
    seen.add(folder)
    for path in sorted(folder.iterdir()):
        if not path.name.endswith((".tf", ".tf.json")):
            continue
        data = path.read_bytes()
        if path.name.endswith(".json") or _DECLARES.search(data):
            yield data
        else:
            # Only the names of providers: a changed resource needs no init.
            kinds = {kind.partition(b"_")[0] for kind in _USES.findall(data)}
            yield b" ".join(sorted(kinds))
        for called in _LOCAL_MODULE.findall(data):
            yield from _module(_resolved(folder, called), seen)


def _resolved(folder: Path, called: bytes) -> Path:
    return Path(os.path.normpath(folder / called.decode("utf-8", "replace")))


def _identity(terraform: str) -> list[object]:
    found = shutil.which(terraform)
    if found is None:
        return [terraform]
    status = Path(found).stat()
    return [str(Path(found).resolve()), status.st_size, status.st_mtime_ns]


def file_digest(path: Path) -> str:
    """Hex SHA-256 of a file; '' for one that is not there."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""
