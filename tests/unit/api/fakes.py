"""A fake clock and a fake S3."""

from __future__ import annotations

import importlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.unit.api.function import Api

app = importlib.import_module("api.app")
content = importlib.import_module("api.content")
cors = importlib.import_module("api.cors")
documents = importlib.import_module("api.documents")
log = importlib.import_module("api.log")
problem = importlib.import_module("api.problem")
storage = importlib.import_module("api.storage")

WRITTEN = 1_700_000_000
"""Modification time of every fake document; seconds since the epoch."""


@dataclass(slots=True)
class Now:
    """A clock that tests set, in seconds."""

    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


@dataclass(slots=True)
class Source:
    """Fake storage: documents by name; each write changes the entity tag, as in S3."""

    texts: dict[str, str] = field(default_factory=dict)
    error: Exception | None = None
    on_read: Callable[[], None] | None = None
    reads: int = 0
    asked: list[str] = field(default_factory=list)
    shorts: list[bool] = field(default_factory=list)
    _versions: dict[str, int] = field(default_factory=dict)

    def put(self, name: str, text: str) -> None:
        self.texts[name] = text
        self._versions[name] = self._versions.get(name, 0) + 1

    def read(self, name: str, known: Any = None, *, short: bool = False) -> Any:
        self._ask(name, short)
        if name not in self.texts:
            raise problem.DocumentNotFound
        etag = f'"{name}-{self._versions.get(name, 0)}"'
        if known and known.etag == etag:
            return known
        return content.Content.of(self.texts[name], etag, WRITTEN)

    def summaries(self, limit: int, after: str | None, *, short: bool = False) -> list[Any]:
        self._ask("", short)
        names = sorted(f"{name}.json" for name in self.texts)
        names = [name.removesuffix(".json") for name in names if name > f"{after or ''}.json"]
        return [
            storage.Summary(name, WRITTEN, len(self.texts[name].encode())) for name in names[:limit]
        ]

    def _ask(self, name: str, short: bool) -> None:
        self.reads += 1
        self.asked.append(name)
        self.shorts.append(short)
        if self.on_read:
            self.on_read()
        if self.error:
            raise self.error


@dataclass(slots=True)
class Fake:
    """The API with fake storage and a fake clock."""

    source: Source = field(default_factory=Source)
    now: Now = field(default_factory=Now)
    stream: io.StringIO = field(default_factory=io.StringIO)
    fresh_seconds: int = 5
    stale_seconds: int = 300
    origins: str = ""
    level: str = "INFO"
    api: Api = field(init=False)

    def __post_init__(self) -> None:
        known = documents.Documents(
            self.source,
            fresh_seconds=self.fresh_seconds,
            stale_seconds=self.stale_seconds,
            clock=self.now,
        )
        made = app.Api(
            known,
            cors.Cors.from_environment({"CORS_ORIGINS": self.origins}),
            log.RequestLog(self.level, "api", self.stream, wall=lambda: float(WRITTEN)),
            clock=self.now,
        )
        self.api = Api(lambda event, context: made.handle(event, request_id=context.aws_request_id))

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The log lines."""
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]
