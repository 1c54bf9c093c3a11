"""The blocks that decide whether a unit runs, and what its failures mean."""

from __future__ import annotations

from terragrunt_runner.config.fields import Fields, label, refuse
from terragrunt_runner.config.model import Errors, Exclude, Ignore, Place, Retry
from terragrunt_runner.language.scope import Scope
from terragrunt_runner.language.syntax_tree import Block


def decode_exclude(block: Block, scope: Scope) -> Exclude:
    fields = Fields.of_block(block, scope)
    condition = fields.boolean("if")
    if condition is None:
        refuse(block, "block 'exclude' needs if")
    exclude = Exclude(
        condition=condition,
        actions=fields.required_texts("actions"),
        place=Place(block.file, block.line),
        exclude_dependencies=bool(fields.boolean("exclude_dependencies")),
        no_run=fields.boolean("no_run"),
    )
    fields.finish()
    return exclude


def decode_errors(block: Block, scope: Scope) -> Errors:
    """The ``errors`` block: what is tried again, and what is let pass."""
    fields = Fields.of_block(block, scope, blocks=("retry", "ignore"))
    fields.finish()
    retries = [_retry(inner, scope) for inner in block.body.blocks if inner.type == "retry"]
    ignores = [_ignore(inner, scope) for inner in block.body.blocks if inner.type == "ignore"]
    return Errors(tuple(retries), tuple(ignores))


def _retry(block: Block, scope: Scope) -> Retry:
    fields = Fields.of_block(block, scope)
    attempts = fields.whole("max_attempts")
    pause = fields.whole("sleep_interval_sec")
    if attempts is None or pause is None:
        refuse(block, "block 'retry' needs max_attempts and sleep_interval_sec")
    if attempts < 1 or pause < 0:
        refuse(block, "max_attempts is 1 or more, sleep_interval_sec 0 or more")
    errors = fields.patterns("retryable_errors")
    fields.finish()
    return Retry(label(block), errors, attempts, pause, Place(block.file, block.line))


def _ignore(block: Block, scope: Scope) -> Ignore:
    fields = Fields.of_block(block, scope)
    ignore = Ignore(
        name=label(block),
        ignorable_errors=fields.patterns("ignorable_errors"),
        place=Place(block.file, block.line),
        message=fields.text("message") or "",
        signals=fields.mapping("signals"),
    )
    fields.finish()
    return ignore
