"""The ``terraform`` block."""

from __future__ import annotations

from terragrunt_runner.config.fields import Fields, label, refuse
from terragrunt_runner.config.model import ExtraArguments, Hook, HookKind, Place, TerraformBlock
from terragrunt_runner.language.scope import Scope
from terragrunt_runner.language.syntax_tree import Block


def decode_terraform(block: Block, scope: Scope) -> TerraformBlock:
    """The ``terraform`` block with its hooks and extra arguments."""
    fields = Fields.of_block(
        block, scope, blocks=("extra_arguments", "before_hook", "after_hook", "error_hook")
    )
    hooks: dict[str, list[Hook]] = {"before_hook": [], "after_hook": [], "error_hook": []}
    extra: list[ExtraArguments] = []
    for inner in block.body.blocks:
        if inner.type == "extra_arguments":
            extra.append(_extra_arguments(inner, scope))
        elif inner.type in hooks:
            hooks[inner.type].append(_hook(inner, scope, inner.type))  # type: ignore[arg-type]
    terraform = TerraformBlock(
        place=fields.place("source"),
        source=fields.text("source"),
        copy_terraform_lock_file=fields.boolean("copy_terraform_lock_file"),
        include_in_copy=fields.texts("include_in_copy"),
        exclude_from_copy=fields.texts("exclude_from_copy"),
        extra_arguments=tuple(extra),
        before_hooks=tuple(hooks["before_hook"]),
        after_hooks=tuple(hooks["after_hook"]),
        error_hooks=tuple(hooks["error_hook"]),
    )
    fields.finish()
    return terraform


def _extra_arguments(block: Block, scope: Scope) -> ExtraArguments:
    fields = Fields.of_block(block, scope)
    variables = fields.mapping("env_vars") or {}
    found = ExtraArguments(
        name=label(block),
        commands=fields.required_texts("commands"),
        place=Place(block.file, block.line),
        arguments=fields.texts("arguments") or (),
        env_vars={key: fields.as_text("env_vars", item) for key, item in variables.items()},
        required_var_files=fields.texts("required_var_files") or (),
        optional_var_files=fields.texts("optional_var_files") or (),
    )
    fields.finish()
    return found


def _hook(block: Block, scope: Scope, kind: HookKind) -> Hook:
    fields = Fields.of_block(block, scope)
    error_hook = kind == "error_hook"
    execute = fields.required_texts("execute")
    if not execute or not execute[0]:
        refuse(block, f"{kind} {label(block)!r} executes nothing")
    hook = Hook(
        kind=kind,
        name=label(block),
        commands=fields.required_texts("commands"),
        execute=execute,
        place=Place(block.file, block.line),
        working_dir=fields.text("working_dir"),
        run_on_error=False if error_hook else bool(fields.boolean("run_on_error")),
        condition=True if error_hook else fields.boolean("if") is not False,
        suppress_stdout=bool(fields.boolean("suppress_stdout")),
        on_errors=fields.patterns("on_errors") if error_hook else (),
    )
    fields.finish()
    return hook
