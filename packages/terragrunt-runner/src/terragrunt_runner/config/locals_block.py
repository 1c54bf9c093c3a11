"""The ``locals`` block."""

from __future__ import annotations

from terragrunt_runner.errors import ConfigurationError
from terragrunt_runner.language.evaluate import evaluate
from terragrunt_runner.language.scope import Scope
from terragrunt_runner.language.syntax_tree import Body
from terragrunt_runner.language.values import LazyObject, Value


def evaluate_locals(body: Body, scope: Scope) -> dict[str, Value]:
    """Every local, each evaluated once, in the order their references ask for.

    Raises ConfigurationError for locals that refer to each other in a ring.
    """
    block = next((block for block in body.blocks if block.type == "locals"), None)
    if block is None:
        return {}
    if block.body.blocks:
        inner = block.body.blocks[0]
        raise ConfigurationError("locals has no blocks", file=inner.file, line=inner.line)
    attributes = block.body.attributes
    under_way: list[str] = []

    def compute(name: str) -> Value:
        attribute = attributes[name]
        if name in under_way:
            ring = " -> ".join(f"local.{n}" for n in [*under_way[under_way.index(name) :], name])
            raise ConfigurationError(
                f"locals refer to each other in a ring: {ring}",
                file=attribute.file,
                line=attribute.line,
            )
        under_way.append(name)
        value = evaluate(attribute.expression, inner_scope)
        under_way.pop()
        return value

    lazy = LazyObject(attributes, compute)
    inner_scope = scope.child({"local": lazy})
    return {name: lazy[name] for name in attributes}
