"""Decoding of each block of a Terragrunt file, except the base blocks."""

from __future__ import annotations

from terragrunt_runner.config.attributes import Attributes, label, refuse
from terragrunt_runner.config.model import (
    Dependency,
    Errors,
    Exclude,
    ExtraArguments,
    GeneratedFile,
    Hook,
    HookKind,
    Ignore,
    Place,
    RemoteState,
    Retry,
    TerraformBlock,
)
from terragrunt_runner.language.scope import Scope
from terragrunt_runner.language.syntax_tree import Block

_IF_EXISTS = ("overwrite", "overwrite_terragrunt", "skip", "error")
_IF_DISABLED = ("skip", "remove", "remove_terragrunt")
_MOCK_STRATEGIES = ("no_merge", "shallow", "deep_map_only")


def decode_terraform(block: Block, scope: Scope) -> TerraformBlock:
    """Decode the ``terraform`` block with its hooks and extra arguments."""
    attributes = Attributes.of_block(
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
        place=attributes.place("source"),
        source=attributes.string("source"),
        copy_terraform_lock_file=attributes.boolean("copy_terraform_lock_file"),
        include_in_copy=attributes.strings("include_in_copy"),
        exclude_from_copy=attributes.strings("exclude_from_copy"),
        extra_arguments=tuple(extra),
        before_hooks=tuple(hooks["before_hook"]),
        after_hooks=tuple(hooks["after_hook"]),
        error_hooks=tuple(hooks["error_hook"]),
    )
    attributes.finish()
    return terraform


def decode_dependency(block: Block, scope: Scope) -> Dependency:
    attributes = Attributes.of_block(block, scope)
    strategy = attributes.choice("mock_outputs_merge_strategy_with_state", _MOCK_STRATEGIES)
    dependency = Dependency(
        name=label(block),
        place=Place(block.file, block.line),
        config_path=attributes.string("config_path"),
        enabled=attributes.boolean("enabled"),
        skip_outputs=attributes.boolean("skip_outputs"),
        mock_outputs=attributes.object("mock_outputs"),
        mock_commands=attributes.strings("mock_outputs_allowed_terraform_commands"),
        mock_strategy=strategy,  # type: ignore[arg-type]  # one of _MOCK_STRATEGIES
        mock_merge_with_state=attributes.boolean("mock_outputs_merge_with_state"),
    )
    attributes.finish()
    return dependency


def decode_dependency_paths(block: Block, scope: Scope) -> tuple[str, ...]:
    """Decode the ``dependencies`` block."""
    attributes = Attributes.of_block(block, scope)
    paths = attributes.required_strings("paths")
    attributes.finish()
    return paths


def decode_remote_state(attributes: Attributes) -> RemoteState:
    """Decode ``remote_state``, written as a block or as an attribute."""
    generate = attributes.nested("generate") if attributes.has("generate") else None
    generated_file = None
    if generate is not None:
        if_exists = generate.choice("if_exists", _IF_EXISTS) or "error"
        generated_file = (generate.required_string("path"), if_exists)
        generate.finish()
    if attributes.has("encryption") and attributes.value("encryption") is not None:
        attributes.refuse(
            "encryption", "state encryption is OpenTofu's; this runner is Terraform's"
        )
    state = RemoteState(
        backend=attributes.required_string("backend"),
        config=attributes.object("config") or {},
        place=attributes.place("backend"),
        generate=generated_file,
        disable_init=bool(attributes.boolean("disable_init")),
        disable_dependency_optimization=bool(attributes.boolean("disable_dependency_optimization")),
    )
    attributes.finish()
    return state


def decode_generate(name: str, attributes: Attributes) -> GeneratedFile:
    """Decode ``generate``, written as a block or as an attribute."""
    if_exists = attributes.choice("if_exists", _IF_EXISTS)
    if if_exists is None:
        attributes.refuse("if_exists", f"generate {name!r} needs if_exists")
    prefix = attributes.string("comment_prefix")
    file = GeneratedFile(
        name=name,
        path=attributes.required_string("path"),
        if_exists=if_exists,
        contents=attributes.required_string("contents"),
        place=attributes.place("path"),
        comment_prefix="# " if prefix is None else prefix,
        disable_signature=bool(attributes.boolean("disable_signature")),
        disable=bool(attributes.boolean("disable")),
        if_disabled=attributes.choice("if_disabled", _IF_DISABLED) or "skip",
        hcl_fmt=attributes.boolean("hcl_fmt"),
    )
    attributes.finish()
    return file


def decode_exclude(block: Block, scope: Scope) -> Exclude:
    attributes = Attributes.of_block(block, scope)
    condition = attributes.boolean("if")
    if condition is None:
        refuse(block, "block 'exclude' needs if")
    exclude = Exclude(
        condition=condition,
        actions=attributes.required_strings("actions"),
        place=Place(block.file, block.line),
        exclude_dependencies=bool(attributes.boolean("exclude_dependencies")),
        no_run=attributes.boolean("no_run"),
    )
    attributes.finish()
    return exclude


def decode_errors(block: Block, scope: Scope) -> Errors:
    """Decode the ``errors`` block: which errors to retry and which to ignore."""
    Attributes.of_block(block, scope, blocks=("retry", "ignore")).finish()
    retries = [_retry(inner, scope) for inner in block.body.blocks if inner.type == "retry"]
    ignores = [_ignore(inner, scope) for inner in block.body.blocks if inner.type == "ignore"]
    return Errors(tuple(retries), tuple(ignores))


def _extra_arguments(block: Block, scope: Scope) -> ExtraArguments:
    attributes = Attributes.of_block(block, scope)
    variables = attributes.object("env_vars") or {}
    extra = ExtraArguments(
        name=label(block),
        commands=attributes.required_strings("commands"),
        place=Place(block.file, block.line),
        arguments=attributes.strings("arguments") or (),
        env_vars={key: attributes.to_string("env_vars", item) for key, item in variables.items()},
        required_var_files=attributes.strings("required_var_files") or (),
        optional_var_files=attributes.strings("optional_var_files") or (),
    )
    attributes.finish()
    return extra


def _hook(block: Block, scope: Scope, kind: HookKind) -> Hook:
    attributes = Attributes.of_block(block, scope)
    error_hook = kind == "error_hook"
    execute = attributes.required_strings("execute")
    if not execute or not execute[0]:
        refuse(block, f"{kind} {label(block)!r} executes nothing")
    hook = Hook(
        kind=kind,
        name=label(block),
        commands=attributes.required_strings("commands"),
        execute=execute,
        place=Place(block.file, block.line),
        working_dir=attributes.string("working_dir"),
        run_on_error=False if error_hook else bool(attributes.boolean("run_on_error")),
        condition=True if error_hook else attributes.boolean("if") is not False,
        suppress_stdout=bool(attributes.boolean("suppress_stdout")),
        on_errors=attributes.patterns("on_errors") if error_hook else (),
    )
    attributes.finish()
    return hook


def _retry(block: Block, scope: Scope) -> Retry:
    attributes = Attributes.of_block(block, scope)
    attempts = attributes.integer("max_attempts")
    pause = attributes.integer("sleep_interval_sec")
    if attempts is None or pause is None:
        refuse(block, "block 'retry' needs max_attempts and sleep_interval_sec")
    if attempts < 1 or pause < 0:
        refuse(block, "max_attempts is 1 or more, sleep_interval_sec 0 or more")
    errors = attributes.patterns("retryable_errors")
    attributes.finish()
    return Retry(label(block), errors, attempts, pause, Place(block.file, block.line))


def _ignore(block: Block, scope: Scope) -> Ignore:
    attributes = Attributes.of_block(block, scope)
    ignore = Ignore(
        name=label(block),
        ignorable_errors=attributes.patterns("ignorable_errors"),
        place=Place(block.file, block.line),
        message=attributes.string("message") or "",
        signals=attributes.object("signals"),
    )
    attributes.finish()
    return ignore
