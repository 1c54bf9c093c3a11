"""The ``include`` blocks."""

from __future__ import annotations

import os
from pathlib import Path

from terragrunt_runner.config.context import Context
from terragrunt_runner.config.fields import Fields
from terragrunt_runner.config.model import Include, MergeStrategy, Place
from terragrunt_runner.errors import ConfigurationError
from terragrunt_runner.language.scope import Scope
from terragrunt_runner.language.syntax_tree import Body

_STRATEGIES = ("no_merge", "shallow", "deep", "deep_map_only")


def decode_includes(body: Body, context: Context, scope: Scope) -> tuple[Include, ...]:
    """The include blocks of a file. Raises ConfigurationError with the block that is wrong."""
    includes: dict[str, Include] = {}
    for block in body.blocks:
        if block.type != "include":
            continue
        place = Place(block.file, block.line)
        if context.include is not None:
            raise ConfigurationError(
                f"an included file cannot include another; {context.include.place} includes "
                "this one",
                file=block.file,
                line=block.line,
            )
        if len(block.labels) != 1:
            raise ConfigurationError(
                "an include block needs a name (a bare include is deprecated)",
                file=block.file,
                line=block.line,
                hint='include "root" { … }',
            )
        fields = Fields.of_block(block, scope)
        path = Path(os.path.normpath(context.folder / fields.required_text("path")))
        strategy = fields.choice("merge_strategy", _STRATEGIES) or "shallow"
        expose = bool(fields.boolean("expose"))
        fields.finish()
        if block.labels[0] in includes:
            raise ConfigurationError(
                f"a second include block named {block.labels[0]!r}",
                file=block.file,
                line=block.line,
            )
        if not path.is_file():
            raise ConfigurationError(
                f"include {block.labels[0]!r}: there is no file {path}",
                file=block.file,
                line=block.line,
            )
        kind: MergeStrategy = strategy  # type: ignore[assignment]  # one of _STRATEGIES
        includes[block.labels[0]] = Include(block.labels[0], path, expose, kind, place)
    return tuple(includes.values())
