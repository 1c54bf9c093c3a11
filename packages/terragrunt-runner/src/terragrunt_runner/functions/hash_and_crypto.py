"""Functions for hashes and UUIDs."""

from __future__ import annotations

import base64
import hashlib
import uuid as uuids
from collections.abc import Callable
from typing import NoReturn

from terragrunt_runner.functions.filesystem import read_bytes
from terragrunt_runner.language.scope import ANY, CallSite, Library
from terragrunt_runner.language.types import STRING
from terragrunt_runner.language.values import InvalidValueError, UnsupportedError, Value

LIBRARY = Library()

_NAMESPACES = {
    "dns": uuids.NAMESPACE_DNS,
    "url": uuids.NAMESPACE_URL,
    "oid": uuids.NAMESPACE_OID,
    "x500": uuids.NAMESPACE_X500,
}


def _define(prefix: str, algorithm: str, encode: Callable[[bytes], str]) -> None:
    @LIBRARY.define(f"{prefix}{algorithm}", STRING)
    def digest(content: str) -> str:
        return encode(hashlib.new(algorithm, content.encode()).digest())

    @LIBRARY.define(f"file{prefix}{algorithm}", STRING, site=True)
    def file_digest(site: CallSite, path: str) -> str:
        return encode(hashlib.new(algorithm, read_bytes(site, path)).digest())


for _algorithm in ("md5", "sha1", "sha256", "sha512"):
    _define("", _algorithm, bytes.hex)
for _algorithm in ("sha256", "sha512"):
    _define("base64", _algorithm, lambda digest: base64.b64encode(digest).decode())


@LIBRARY.define("uuid")
def uuid() -> str:
    return str(uuids.uuid4())


@LIBRARY.define("uuidv5", STRING, STRING)
def uuidv5(namespace: str, name: str) -> str:
    try:
        space = _NAMESPACES.get(namespace) or uuids.UUID(namespace)
    except ValueError:
        raise InvalidValueError(
            f"{namespace!r} is neither a UUID nor dns, url, oid or x500"
        ) from None
    return str(uuids.uuid5(space, name))


@LIBRARY.define("bcrypt", variadic=ANY)
@LIBRARY.define("rsadecrypt", variadic=ANY)
def refused(*values: Value) -> NoReturn:  # noqa: ARG001 - any arguments are refused
    raise UnsupportedError("this runner does not have it")
