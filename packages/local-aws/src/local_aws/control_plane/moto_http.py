"""Call of moto's WSGI application with a request value."""

from __future__ import annotations

import io
import sys
import threading
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from moto.core.request import PRESERVED_HEADER_NAMES_ENVIRON_KEY
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.test import run_wsgi_app

from local_aws.control_plane import patches
from local_aws.control_plane.http import Request, Response


class Moto:
    """moto with our patches, for all accounts and Regions.

    ``lock`` is held during a request, because moto is not thread-safe: two requests with
    ``If-None-Match: *`` could both take a Terraform state lock. A snapshot takes the same lock, so
    it never has half a request.
    """

    def __init__(self) -> None:
        patches.install()
        self.lock = threading.Lock()
        self._application = DomainDispatcherApplication(create_backend_app)

    def handle(self, request: Request) -> Response:
        """Raises NotImplementedError for an unknown operation, and any error of moto."""
        environ = environ_of(request)
        with self.lock:
            body, status, headers = run_wsgi_app(self._application, environ, buffered=True)
            content = b"".join(body)
        return Response(int(status.split(" ", 1)[0]), tuple(headers), content)


def environ_of(request: Request) -> dict[str, Any]:
    """Return the WSGI environment of a request (PEP 3333), with the raw path for moto."""
    name, port = _authority(request.header("host"))
    query = f"?{request.query}" if request.query else ""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(request.raw_path).decode("latin-1"),
        "RAW_URI": request.raw_path + query,
        "QUERY_STRING": request.query,
        "SERVER_NAME": name,
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "localhost",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    environ.update(_header_variables(request.headers))
    # A chunked body has been read, so its length is known.
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    environ["CONTENT_LENGTH"] = str(len(request.body))
    return environ


def _header_variables(headers: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    """Return the WSGI variables of headers, and the spelling of S3 metadata keys with ``_``."""
    dashed = {_variable(name) for name, _ in headers if "_" not in name}
    variables: dict[str, Any] = {}
    spelling: dict[str, str] = {}
    for name, value in headers:
        variable = _variable(name)
        if "_" in name:
            if variable in dashed or not name.startswith("x-amz-meta-"):
                continue  # it must not replace the header with dashes
            spelling.setdefault(variable, name)
        variables[variable] = f"{variables[variable]},{value}" if variable in variables else value
    variables[PRESERVED_HEADER_NAMES_ENVIRON_KEY] = spelling
    return variables


def _variable(name: str) -> str:
    folded = name.upper().replace("-", "_")
    return folded if folded in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{folded}"


def _authority(host: str) -> tuple[str, int]:
    """Return name and port of a Host header, or the defaults if it is invalid."""
    try:
        parts = urlsplit(f"//{host}")
        name, port = parts.hostname, parts.port
    except ValueError:
        name, port = None, None
    return name or "localhost", port or 80
