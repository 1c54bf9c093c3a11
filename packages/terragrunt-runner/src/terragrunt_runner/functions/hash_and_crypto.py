"""Hashes and identifiers."""

from __future__ import annotations

import base64
import hashlib
import uuid as uuids
from typing import NoReturn

from terragrunt_runner.language.scope import ANY, Library
from terragrunt_runner.language.types import STRING
from terragrunt_runner.language.values import InvalidValueError, UnsupportedError, Value

LIBRARY = Library()

_NAMESPACES = {
    "dns": uuids.NAMESPACE_DNS,
    "url": uuids.NAMESPACE_URL,
    "oid": uuids.NAMESPACE_OID,
    "x500": uuids.NAMESPACE_X500,
}


def _define(algorithm: str) -> None:
    @LIBRARY.define(algorithm, STRING)
    def hexadecimal(content: str) -> str:
        return hashlib.new(algorithm, content.encode()).hexdigest()


def _define_base64(algorithm: str) -> None:
    @LIBRARY.define(f"base64{algorithm}", STRING)
    def encoded(content: str) -> str:
        return base64.b64encode(hashlib.new(algorithm, content.encode()).digest()).decode()


for _algorithm in ("md5", "sha1", "sha256", "sha512"):
    _define(_algorithm)
for _algorithm in ("sha256", "sha512"):
    _define_base64(_algorithm)


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
def refused(*values: Value) -> NoReturn:  # noqa: ARG001 - the signature is what callers see
    raise UnsupportedError("not available in this runner")
