"""A configuration as a value: for ``read_terragrunt_config``, exposed includes and ``render``.

The shape is Terragrunt's: blocks with labels become objects by label, and strings that are not set
are empty.
"""

from __future__ import annotations

from typing import Any

from terragrunt_runner.config.model import (
    Config,
    Dependency,
    ExtraArguments,
    GeneratedFile,
    Hook,
    RemoteState,
    TerraformBlock,
)
from terragrunt_runner.language.values import Value

_TEXTS = (
    "terraform_binary",
    "terraform_version_constraint",
    "terragrunt_version_constraint",
    "download_dir",
    "iam_role",
    "iam_assume_role_session_name",
    "iam_web_identity_token",
)


def as_value(config: Config, outputs: dict[str, Value] | None = None) -> dict[str, Value]:
    """``outputs`` are the values of ``dependency``, by block name, where they are known."""
    value: dict[str, Value] = {name: getattr(config, name) or "" for name in _TEXTS}
    value["locals"] = dict(config.locals)
    value["inputs"] = dict(config.inputs or {})
    value["generate"] = {name: _generated(file) for name, file in config.generate.items()}
    value["iam_assume_role_duration"] = config.iam_assume_role_duration
    value["dependencies"] = (
        {"paths": tuple(config.dependency_paths)} if config.dependency_paths else None
    )
    value["feature"] = {f.name: {"name": f.name, "default": f.default} for f in config.features}
    if config.terraform:
        value["terraform"] = _terraform(config.terraform)
    if config.remote_state:
        value["remote_state"] = _remote_state(config.remote_state)
    if config.prevent_destroy is not None:
        value["prevent_destroy"] = config.prevent_destroy
    if config.dependencies:
        value["dependency"] = {
            dependency.name: _dependency(dependency, (outputs or {}).get(dependency.name))
            for dependency in config.dependencies
        }
    if config.exclude:
        value["exclude"] = {
            "if": config.exclude.condition,
            "actions": config.exclude.actions,
            "exclude_dependencies": config.exclude.exclude_dependencies,
            "no_run": bool(config.exclude.no_run),
        }
    if config.errors:
        value["errors"] = {
            "retry": {
                retry.name: {
                    "name": retry.name,
                    "retryable_errors": retry.retryable_errors,
                    "max_attempts": retry.max_attempts,
                    "sleep_interval_sec": retry.sleep_interval_sec,
                }
                for retry in config.errors.retry
            },
            "ignore": {
                ignore.name: {
                    "name": ignore.name,
                    "ignorable_errors": ignore.ignorable_errors,
                    "message": ignore.message,
                    "signals": ignore.signals or {},
                }
                for ignore in config.errors.ignore
            },
        }
    return value


def _terraform(block: TerraformBlock) -> Value:
    return {
        "source": block.source,
        "include_in_copy": block.include_in_copy,
        "exclude_from_copy": block.exclude_from_copy,
        "copy_terraform_lock_file": block.copy_terraform_lock_file,
        "extra_arguments": {extra.name: _extra(extra) for extra in block.extra_arguments},
        "before_hook": {hook.name: _hook(hook) for hook in block.before_hooks},
        "after_hook": {hook.name: _hook(hook) for hook in block.after_hooks},
        "error_hook": {hook.name: _hook(hook) for hook in block.error_hooks},
    }


def _extra(extra: ExtraArguments) -> Value:
    return {
        "name": extra.name,
        "commands": extra.commands,
        "arguments": extra.arguments,
        "env_vars": dict(extra.env_vars),
        "required_var_files": extra.required_var_files,
        "optional_var_files": extra.optional_var_files,
    }


def _hook(hook: Hook) -> Value:
    value: dict[str, Any] = {
        "name": hook.name,
        "commands": hook.commands,
        "execute": hook.execute,
        "working_dir": hook.working_dir,
        "suppress_stdout": hook.suppress_stdout,
    }
    if hook.kind == "error_hook":
        return {**value, "on_errors": hook.on_errors}
    return {**value, "run_on_error": hook.run_on_error, "if": hook.condition}


def _remote_state(state: RemoteState) -> Value:
    generate = state.generate
    return {
        "backend": state.backend,
        "config": dict(state.config),
        "disable_init": state.disable_init,
        "disable_dependency_optimization": state.disable_dependency_optimization,
        "generate": {"path": generate[0], "if_exists": generate[1]} if generate else None,
    }


def _generated(file: GeneratedFile) -> Value:
    return {
        "path": file.path,
        "if_exists": file.if_exists,
        "if_disabled": file.if_disabled,
        "comment_prefix": file.comment_prefix,
        "contents": file.contents,
        "disable_signature": file.disable_signature,
        "disable": file.disable,
        "hcl_fmt": file.hcl_fmt,
    }


def _dependency(dependency: Dependency, found: Value) -> Value:
    value: dict[str, Value] = {
        "name": dependency.name,
        "enabled": dependency.enabled,
        "config_path": dependency.config_path,
        "skip": dependency.skip_outputs,
        "mock_outputs": dependency.mock_outputs,
        "mock_outputs_allowed_terraform_commands": dependency.mock_commands,
        "mock_outputs_merge_strategy_with_state": dependency.mock_strategy,
        "mock_outputs_merge_with_state": dependency.mock_merge_with_state,
        "outputs": found["outputs"] if isinstance(found, dict) and "outputs" in found else None,
        "inputs": None,
    }
    return value
