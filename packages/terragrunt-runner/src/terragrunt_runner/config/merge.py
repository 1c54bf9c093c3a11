"""Merging of an included configuration into the one that includes it.

``shallow`` and ``deep`` follow Terragrunt's documentation of ``merge_strategy``. ``locals`` are
never merged; both strategies replace ``remote_state`` and each ``generate`` as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, replace
from functools import partial
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


class _Named(Protocol):
    @property
    def name(self) -> str: ...


_T = TypeVar("_T")
_NamedT = TypeVar("_NamedT", bound=_Named)


def merge(parent: Config, child: Config, strategy: MergeStrategy, place: Place) -> Config:
    """Return the child with one include merged in; unchanged for ``no_merge``.

    Raises ConfigurationError for ``deep_map_only``, which is a strategy for mocks.
    """
    if strategy == "no_merge":
        return child
    if strategy == "deep_map_only":
        raise place.error("merge_strategy deep_map_only is for mock_outputs, not for include")
    deep = strategy == "deep"
    merge_dependency = _dependency if deep else None
    return _filled(
        parent,
        child,
        terraform=_both(parent.terraform, child.terraform, partial(_terraform, deep=deep)),
        generate={**parent.generate, **child.generate},
        features=by_name(parent.features, child.features),
        dependencies=by_name(parent.dependencies, child.dependencies, merge_dependency),
        dependency_paths=_union(parent.dependency_paths, child.dependency_paths),
        inputs=_both(parent.inputs, child.inputs, deep_merge if deep else _shallow_merge),
        exclude=_both(parent.exclude, child.exclude, _exclude if deep else _replace),
        errors=_both(parent.errors, child.errors, _errors if deep else _replace),
    )


def by_name(
    parent: Iterable[_NamedT],
    child: Iterable[_NamedT],
    combine: Callable[[_NamedT, _NamedT], _NamedT] | None = None,
) -> tuple[_NamedT, ...]:
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


def _filled(parent: _T, child: _T, **merged: Any) -> _T:
    """Return the child with the merged fields; its other unset fields are the parent's."""
    unset = [f.name for f in fields(child) if getattr(child, f.name) is None]  # type: ignore[arg-type]
    return replace(child, **{name: getattr(parent, name) for name in unset} | merged)  # type: ignore[type-var]


def _both(parent: _T | None, child: _T | None, combine: Callable[[_T, _T], _T]) -> _T | None:
    """Combine two values; if one is unset, return the other."""
    if parent is None or child is None:
        return parent if child is None else child
    return combine(parent, child)


def _replace(_parent: _T, child: _T) -> _T:
    return child


def _shallow_merge(parent: dict[str, Any], child: dict[str, Any]) -> dict[str, Any]:
    return {**parent, **child}


def _union(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*first, *second)))


def _dependency(parent: Dependency, child: Dependency) -> Dependency:
    return _filled(
        parent,
        child,
        mock_outputs=_both(parent.mock_outputs, child.mock_outputs, deep_merge),
        mock_commands=_both(parent.mock_commands, child.mock_commands, deep_merge),
    )


def _terraform(parent: TerraformBlock, child: TerraformBlock, *, deep: bool) -> TerraformBlock:
    merged: dict[str, Any] = {
        name: by_name(getattr(parent, name), getattr(child, name))
        for name in ("extra_arguments", "before_hooks", "after_hooks", "error_hooks")
    }
    for name in ("include_in_copy", "exclude_from_copy"):
        of_parent, of_child = getattr(parent, name), getattr(child, name)
        # Only the deep strategy reads the child's patterns if the parent has a terraform block.
        merged[name] = _both(of_child, of_parent, deep_merge) if deep else of_parent
    return _filled(parent, child, **merged)


def _exclude(parent: Exclude, child: Exclude) -> Exclude:
    return replace(child, actions=child.actions or parent.actions)


def _errors(parent: Errors, child: Errors) -> Errors:
    return Errors(
        retry=by_name(parent.retry, child.retry, _retry),
        ignore=by_name(parent.ignore, child.ignore, _ignore),
    )


def _retry(parent: Retry, child: Retry) -> Retry:
    return replace(
        child,
        retryable_errors=_union(parent.retryable_errors, child.retryable_errors),
        max_attempts=child.max_attempts or parent.max_attempts,
        sleep_interval_sec=child.sleep_interval_sec or parent.sleep_interval_sec,
    )


def _ignore(parent: Ignore, child: Ignore) -> Ignore:
    return replace(
        child,
        ignorable_errors=_union(parent.ignorable_errors, child.ignorable_errors),
        message=child.message or parent.message,
        signals=_both(parent.signals, child.signals, _shallow_merge),
    )
