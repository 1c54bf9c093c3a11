"""Merging of an included configuration into the one that includes it.

``shallow`` and ``deep`` follow Terragrunt's documentation of ``merge_strategy``. ``locals`` are
never merged; both strategies replace ``remote_state`` and each ``generate`` as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from terragrunt_runner.config.model import (
    Config,
    Dependency,
    Errors,
    Exclude,
    Ignore,
    MergeStrategy,
    Place,
    Retry,
    TerraformBlock,
)

_SIMPLE = (
    "download_dir",
    "prevent_destroy",
    "terraform_binary",
    "terraform_version_constraint",
    "terragrunt_version_constraint",
    "iam_role",
    "iam_assume_role_duration",
    "iam_assume_role_session_name",
    "iam_web_identity_token",
    "remote_state",
    "dependency_paths_place",
)


class _Named(Protocol):
    @property
    def name(self) -> str: ...


_T = TypeVar("_T", bound=_Named)


def merge(parent: Config, child: Config, strategy: MergeStrategy, place: Place) -> Config:
    """Return the child with one include merged in; unchanged for ``no_merge``.

    Raises ConfigurationError for ``deep_map_only``, which is a strategy for mocks.
    """
    if strategy == "no_merge":
        return child
    if strategy == "deep_map_only":
        raise place.error("merge_strategy deep_map_only is for mock_outputs, not for include")
    deep = strategy == "deep"
    return replace(
        child,
        **{name: _either(getattr(child, name), getattr(parent, name)) for name in _SIMPLE},
        terraform=_terraform(parent.terraform, child.terraform, deep),
        generate={**parent.generate, **child.generate},
        features=by_name(parent.features, child.features),
        dependencies=by_name(
            parent.dependencies, child.dependencies, _merged_dependency if deep else None
        ),
        dependency_paths=tuple(dict.fromkeys((*parent.dependency_paths, *child.dependency_paths))),
        inputs=_inputs(parent.inputs, child.inputs, deep),
        exclude=_exclude(parent.exclude, child.exclude, deep),
        errors=_errors(parent.errors, child.errors, deep),
    )


def by_name(
    parent: Iterable[_T], child: Iterable[_T], combine: Callable[[_T, _T], _T] | None = None
) -> tuple[_T, ...]:
    """Merge named items: the parent's order first; the child's item replaces (or is combined
    with) the parent's item of the same name."""
    merged = {item.name: item for item in parent}
    for item in child:
        before = merged.get(item.name)
        merged[item.name] = combine(before, item) if combine and before is not None else item
    return tuple(merged.values())


def deep_merge(target: Any, source: Any, *, append_lists: bool = True) -> Any:
    """Merge maps key by key and join lists (target first); otherwise return ``source``."""
    if isinstance(target, Mapping) and isinstance(source, Mapping):
        merged = dict(target)
        for key, value in source.items():
            merged[key] = (
                deep_merge(target[key], value, append_lists=append_lists)
                if key in target
                else value
            )
        return merged
    if append_lists and isinstance(target, tuple) and isinstance(source, tuple):
        return (*target, *source)
    return source


def _either(child: Any, parent: Any) -> Any:
    return parent if child is None else child


def _merged_dependency(parent: Dependency, child: Dependency) -> Dependency:
    mocks = (
        deep_merge(parent.mock_outputs, child.mock_outputs)
        if parent.mock_outputs is not None and child.mock_outputs is not None
        else _either(child.mock_outputs, parent.mock_outputs)
    )
    commands = (
        None
        if parent.mock_commands is None and child.mock_commands is None
        else (*(parent.mock_commands or ()), *(child.mock_commands or ()))
    )
    return replace(
        child,
        config_path=_either(child.config_path, parent.config_path),
        enabled=_either(child.enabled, parent.enabled),
        skip_outputs=_either(child.skip_outputs, parent.skip_outputs),
        mock_outputs=mocks,
        mock_commands=commands,
        mock_strategy=_either(child.mock_strategy, parent.mock_strategy),
        mock_merge_with_state=_either(child.mock_merge_with_state, parent.mock_merge_with_state),
    )


def _terraform(
    parent: TerraformBlock | None, child: TerraformBlock | None, deep: bool
) -> TerraformBlock | None:
    if parent is None or child is None:
        return _either(child, parent)  # type: ignore[no-any-return]

    def patterns(name: str) -> Any:
        of_child, of_parent = getattr(child, name), getattr(parent, name)
        # Only the deep strategy reads the child's patterns if the parent has a terraform block.
        if not deep:
            return of_parent
        if of_child is None and of_parent is None:
            return None
        return (*(of_child or ()), *(of_parent or ()))

    return TerraformBlock(
        place=child.place,
        source=_either(child.source, parent.source),
        copy_terraform_lock_file=_either(
            child.copy_terraform_lock_file, parent.copy_terraform_lock_file
        ),
        include_in_copy=patterns("include_in_copy"),
        exclude_from_copy=patterns("exclude_from_copy"),
        extra_arguments=by_name(parent.extra_arguments, child.extra_arguments),
        before_hooks=by_name(parent.before_hooks, child.before_hooks),
        after_hooks=by_name(parent.after_hooks, child.after_hooks),
        error_hooks=by_name(parent.error_hooks, child.error_hooks),
    )


def _inputs(
    parent: dict[str, Any] | None, child: dict[str, Any] | None, deep: bool
) -> dict[str, Any] | None:
    if parent is None or child is None:
        return _either(child, parent)  # type: ignore[no-any-return]
    merged: dict[str, Any] = deep_merge(parent, child) if deep else {**parent, **child}
    return merged


def _exclude(parent: Exclude | None, child: Exclude | None, deep: bool) -> Exclude | None:
    if child is None or parent is None:
        return _either(child, parent)  # type: ignore[no-any-return]
    return replace(child, actions=child.actions or parent.actions) if deep else child


def _errors(parent: Errors | None, child: Errors | None, deep: bool) -> Errors | None:
    if child is None or parent is None or not deep:
        return _either(child, parent)  # type: ignore[no-any-return]
    return Errors(
        retry=by_name(parent.retry, child.retry, _merged_retry),
        ignore=by_name(parent.ignore, child.ignore, _merged_ignore),
    )


def _merged_retry(parent: Retry, child: Retry) -> Retry:
    return replace(
        child,
        retryable_errors=_union(parent.retryable_errors, child.retryable_errors),
        max_attempts=child.max_attempts or parent.max_attempts,
        sleep_interval_sec=child.sleep_interval_sec or parent.sleep_interval_sec,
    )


def _merged_ignore(parent: Ignore, child: Ignore) -> Ignore:
    signals = (
        None
        if parent.signals is None and child.signals is None
        else {**(parent.signals or {}), **(child.signals or {})}
    )
    return replace(
        child,
        ignorable_errors=_union(parent.ignorable_errors, child.ignorable_errors),
        message=child.message or parent.message,
        signals=signals,
    )


def _union(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*first, *second)))
