"""A configuration as a value, for ``read_terragrunt_config``, exposed includes and ``render``.

The shape is Terragrunt's: labelled blocks become objects by label; unset strings are empty.
"""

from __future__ import annotations

from typing import Any

from terragrunt_runner.config.decode import STRINGS
from terragrunt_runner.config.model import Config, Dependency, Hook, RemoteState, TerraformBlock
from terragrunt_runner.language.values import Value

_RETRY = ("name", "retryable_errors", "max_attempts", "sleep_interval_sec")
_HOOK = ("name", "commands", "execute", "working_dir", "suppress_stdout")
_COPY = ("source", "include_in_copy", "exclude_from_copy", "copy_terraform_lock_file")
_EXTRA_ARGUMENTS = (
    "name", "commands", "arguments", "env_vars", "required_var_files", "optional_var_files",
)  # fmt: skip
_GENERATE = (
    "path", "if_exists", "if_disabled", "comment_prefix", "contents", "disable_signature",
    "disable", "hcl_fmt",
)  # fmt: skip


def render(config: Config, outputs: dict[str, Value] | None = None) -> dict[str, Value]:
    """Return the object. ``outputs`` are the values of ``dependency`` by block name, if known."""
    value: dict[str, Value] = {name: getattr(config, name) or "" for name in STRINGS}
    value["locals"] = dict(config.locals)
    value["inputs"] = dict(config.inputs or {})
    value["generate"] = {name: _fields(file, _GENERATE) for name, file in config.generate.items()}
    value["iam_assume_role_duration"] = config.iam_assume_role_duration
    value["dependencies"] = {"paths": config.dependency_paths} if config.dependency_paths else None
    value["feature"] = {f.name: _fields(f, ("name", "default")) for f in config.features}
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
            "retry": {retry.name: _fields(retry, _RETRY) for retry in config.errors.retry},
            "ignore": {
                ignore.name: {
                    **_fields(ignore, ("name", "ignorable_errors", "message")),
                    "signals": ignore.signals or {},
                }
                for ignore in config.errors.ignore
            },
        }
    return value


def _fields(item: Any, names: tuple[str, ...]) -> dict[str, Value]:
    return {name: getattr(item, name) for name in names}


def _terraform(block: TerraformBlock) -> Value:
    return {
        **_fields(block, _COPY),
        "extra_arguments": {e.name: _fields(e, _EXTRA_ARGUMENTS) for e in block.extra_arguments},
        "before_hook": {hook.name: _hook(hook) for hook in block.before_hooks},
        "after_hook": {hook.name: _hook(hook) for hook in block.after_hooks},
        "error_hook": {hook.name: _hook(hook) for hook in block.error_hooks},
    }


def _hook(hook: Hook) -> Value:
    value = _fields(hook, _HOOK)
    if hook.kind == "error_hook":
        return {**value, "on_errors": hook.on_errors}
    return {**value, "run_on_error": hook.run_on_error, "if": hook.condition}


def _remote_state(state: RemoteState) -> Value:
    generate = state.generate
    return {
        **_fields(state, ("backend", "config", "disable_init", "disable_dependency_optimization")),
        "generate": {"path": generate[0], "if_exists": generate[1]} if generate else None,
    }


def _dependency(dependency: Dependency, found: Value) -> Value:
    return {
        **_fields(dependency, ("name", "enabled", "config_path", "mock_outputs")),
        "skip": dependency.skip_outputs,
        "mock_outputs_allowed_terraform_commands": dependency.mock_commands,
        "mock_outputs_merge_strategy_with_state": dependency.mock_strategy,
        "mock_outputs_merge_with_state": dependency.mock_merge_with_state,
        "outputs": found["outputs"] if isinstance(found, dict) and "outputs" in found else None,
        "inputs": None,
    }
