"""The base blocks: ``include``, ``feature`` and ``locals``.

They are evaluated before all others, because expressions in the other blocks refer to them.
"""

from __future__ import annotations

import os
from pathlib import Path

from terragrunt_runner.config.attributes import Attributes, label, refuse
from terragrunt_runner.config.model import Context, Feature, Include, MergeStrategy, Place
from terragrunt_runner.errors import ConfigurationError
from terragrunt_runner.language.evaluate import evaluate
from terragrunt_runner.language.scope import Scope
from terragrunt_runner.language.syntax_tree import Body
from terragrunt_runner.language.values import LazyObject, Value

_STRATEGIES = ("no_merge", "shallow", "deep", "deep_map_only")


def decode_includes(body: Body, context: Context, scope: Scope) -> tuple[Include, ...]:
    """Return the include blocks of a file. Raises ConfigurationError at the block that is wrong."""
    includes: dict[str, Include] = {}
    for block in body.blocks:
        if block.type != "include":
            continue
        if context.include is not None:
            includer = context.include.place
            refuse(block, f"an included file cannot include another; {includer} includes this one")
        if len(block.labels) != 1:
            refuse(
                block,
                "an include block needs a name (a bare include is deprecated)",
                hint='include "root" { … }',
            )
        name = block.labels[0]
        attributes = Attributes.of_block(block, scope)
        path = Path(os.path.normpath(context.folder / attributes.required_string("path")))
        strategy: MergeStrategy = attributes.choice("merge_strategy", _STRATEGIES) or "shallow"  # type: ignore[assignment]  # one of _STRATEGIES
        expose = bool(attributes.boolean("expose"))
        attributes.finish()
        if name in includes:
            refuse(block, f"a second include block named {name!r}")
        if not path.is_file():
            refuse(block, f"include {name!r}: there is no file {path}")
        includes[name] = Include(name, path, expose, strategy, Place(block.file, block.line))
    return tuple(includes.values())


def decode_features(body: Body, scope: Scope) -> tuple[Feature, ...]:
    """Return the feature blocks of a file."""
    features = []
    for block in body.blocks:
        if block.type == "feature":
            attributes = Attributes.of_block(block, scope)
            default = attributes.required("default")
            attributes.finish()
            features.append(Feature(label(block), default, Place(block.file, block.line)))
    return tuple(features)


def evaluate_locals(body: Body, scope: Scope) -> dict[str, Value]:
    """Evaluate every local once, in the order of their references.

    Raises ConfigurationError for locals that refer to each other in a cycle.
    """
    block = next((block for block in body.blocks if block.type == "locals"), None)
    if block is None:
        return {}
    if block.body.blocks:
        refuse(block.body.blocks[0], "locals has no blocks")
    attributes = block.body.attributes
    in_progress: list[str] = []

    def compute(name: str) -> Value:
        attribute = attributes[name]
        if name in in_progress:
            cycle = [*in_progress[in_progress.index(name) :], name]
            raise ConfigurationError(
                "locals refer to each other in a cycle: "
                + " -> ".join(f"local.{each}" for each in cycle),
                file=attribute.file,
                line=attribute.line,
            )
        in_progress.append(name)
        value = evaluate(attribute.expression, inner_scope)
        in_progress.pop()
        return value

    lazy = LazyObject(attributes, compute)
    inner_scope = scope.child({"local": lazy})
    return {name: lazy[name] for name in attributes}
