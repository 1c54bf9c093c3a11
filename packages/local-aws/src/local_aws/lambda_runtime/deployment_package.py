"""The deployment package of a function version: downloaded once, verified, unpacked safely."""

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

UNPACKED_BYTES = 262_144_000
"""Limit of an unpacked package. Source: Lambda quotas, "Deployment package (.zip)"."""

_DOWNLOAD_SECONDS = 30

_BROKEN = (
    zipfile.BadZipFile,
    EOFError,
    OSError,
    RuntimeError,  # encrypted, or an unknown compression
    ValueError,  # wrong offsets in the directory
    lzma.LZMAError,
    zlib.error,
)


class InvalidZipError(CloudError):
    """The package is broken or unsafe, and will be so at the next attempt."""


def provide(function: FunctionVersion, cache: Path) -> Path:
    """Return the folder with the code, downloaded if it is not in the cache.

    Raises CloudError if the download fails or does not match ``CodeSha256``, and InvalidZipError
    as ``unpack`` does.
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

    Raises InvalidZipError for a broken zip, a path outside the folder, a symbolic link, and for
    more than UNPACKED_BYTES.
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
            if not folder.is_dir():  # otherwise another task unpacked the same package first
                raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _extract(archive: zipfile.ZipFile, folder: Path) -> None:
    entries = archive.infolist()
    for entry in entries:
        _check_name(entry)
    # zipfile never extracts more of an entry than the size in the directory.
    if sum(entry.file_size for entry in entries) > UNPACKED_BYTES:
        raise InvalidZipError(f"the function's package unpacks to over {UNPACKED_BYTES} bytes")
    for entry in entries:
        path = Path(archive.extract(entry, folder))
        executable = entry.is_dir() or (entry.external_attr >> 16) & 0o111
        path.chmod(0o755 if executable else 0o644)


def _check_name(entry: zipfile.ZipInfo) -> None:
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
    """Remove what an interrupted download left."""
    for path in cache.glob(".unpacking-*"):
        shutil.rmtree(path, ignore_errors=True)
