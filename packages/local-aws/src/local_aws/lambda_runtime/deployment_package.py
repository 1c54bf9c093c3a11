"""A function's code on disk: downloaded once, verified, unpacked safely."""

from __future__ import annotations

import base64
import hashlib
import io
import lzma
import shutil
import stat
import tempfile
import urllib.error
import urllib.request
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from local_aws.errors import CloudError
from local_aws.lambda_runtime.function_version import FunctionVersion

UNPACKED_LIMIT = 262_144_000
"""Bytes a package may unpack to. Source: Lambda quotas, "Deployment package (.zip)"."""

_DOWNLOAD_SECONDS = 30

_BROKEN = (
    zipfile.BadZipFile,
    EOFError,
    OSError,
    RuntimeError,  # it is encrypted, or packed in a way that nobody knows
    ValueError,  # its directory lies about places
    lzma.LZMAError,
    zlib.error,
)


class InvalidZipError(CloudError):
    """The package is broken or unsafe; the next try would find it so again."""


def provide(function: FunctionVersion, cache: Path) -> Path:
    """The folder with the code of ``function``, downloading it when this machine has not seen it.

    Raises CloudError when the code cannot be had or is not what ``CodeSha256`` says, and
    InvalidZipError as ``unpack`` does.
    """
    folder = cache / _folder_name(function.code_sha256)
    if not folder.is_dir():
        package = _download(function)
        digest = base64.b64encode(hashlib.sha256(package).digest()).decode()
        if digest != function.code_sha256:
            raise CloudError(
                f"the code of {function.name}:{function.version} has SHA-256 {digest}, "
                f"its configuration says {function.code_sha256}"
            )
        unpack(package, folder)
    return folder


def unpack(package: bytes, folder: Path) -> None:
    """Unpack a zip into ``folder``, which appears complete or not at all.

    Raises InvalidZipError for a broken zip, for an entry that would leave the folder, for a
    symbolic link, and for more than UNPACKED_LIMIT bytes.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".unpacking-", dir=folder.parent))
    try:
        try:
            with zipfile.ZipFile(io.BytesIO(package)) as archive:
                _extract(archive, aside)
        except _BROKEN as error:
            raise InvalidZipError(f"the function's package cannot be unpacked: {error}") from error
        aside.chmod(0o755)
        try:
            aside.rename(folder)
        except OSError:
            if not folder.is_dir():  # else somebody else finished the same package first
                raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _extract(archive: zipfile.ZipFile, folder: Path) -> None:
    left = UNPACKED_LIMIT
    for entry in archive.infolist():
        destination = folder / _inner_path(entry)
        if entry.is_dir():
            destination.mkdir(parents=True, exist_ok=True)
            continue
        destination.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(entry) as source, destination.open("wb") as sink:
            # The size in the directory of a zip is a claim; count what really comes out.
            while chunk := source.read(min(1 << 20, left + 1)):
                left -= len(chunk)
                if left < 0:
                    raise InvalidZipError(
                        f"the function's package unpacks to over {UNPACKED_LIMIT} bytes"
                    )
                sink.write(chunk)
        destination.chmod(0o755 if (entry.external_attr >> 16) & 0o111 else 0o644)


def _inner_path(entry: zipfile.ZipInfo) -> PurePosixPath:
    path = PurePosixPath(entry.filename)
    unsafe = (
        path.is_absolute()
        or ".." in path.parts
        or not path.parts
        or any(character in entry.filename for character in "\\:\0")
    )
    if unsafe:
        raise InvalidZipError(f"the function's package holds an unsafe path: {entry.filename!r}")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise InvalidZipError(f"the function's package holds a symbolic link: {entry.filename!r}")
    return path


def _download(function: FunctionVersion) -> bytes:
    location = function.code_location
    if not location.startswith(("http://", "https://")):
        raise CloudError(f"{function.name}:{function.version} has no code location: {location!r}")
    try:
        with urllib.request.urlopen(location, timeout=_DOWNLOAD_SECONDS) as response:  # noqa: S310 - checked above
            content: bytes = response.read()
    except (urllib.error.URLError, OSError) as error:
        raise CloudError(
            f"the code of {function.name}:{function.version} cannot be downloaded: {error}"
        ) from error
    return content


def _folder_name(code_sha256: str) -> str:
    try:
        name = base64.b64decode(code_sha256, validate=True).hex()
    except ValueError:
        name = ""
    if len(name) != 64:
        raise CloudError(f"not a SHA-256 in base64: {code_sha256!r}")
    return name


def clean(cache: Path) -> None:
    """Remove what an interrupted download left behind."""
    for path in cache.glob(".unpacking-*"):
        shutil.rmtree(path, ignore_errors=True)
