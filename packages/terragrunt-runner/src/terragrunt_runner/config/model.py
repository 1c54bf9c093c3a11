"""Terragrunt configuration after evaluation.

Every class is a frozen value. ``None`` means "not set here", which merging an include needs to
know; defaults are applied where a setting is used. Shapes follow
https://terragrunt.gruntwork.io/docs/reference/hcl/blocks and ``.../attributes``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from terragrunt_runner.errors import ConfigurationError

MergeStrategy = Literal["no_merge", "shallow", "deep", "deep_map_only"]
HookKind = Literal["before_hook", "after_hook", "error_hook"]

CONFIG_NAME = "terragrunt.hcl"
CACHE_NAME = ".terragrunt-cache"


@dataclass(frozen=True, slots=True)
class Place:
    """File and line of a block or attribute; lines count from 1."""

    file: Path
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"

    def error(self, message: str, *, hint: str | None = None) -> ConfigurationError:
        """Return an error at this place."""
        return ConfigurationError(message, file=self.file, line=self.line, hint=hint)


@dataclass(frozen=True, slots=True)
class Include:
    """One ``include`` block; ``path`` is absolute."""

    name: str
    path: Path
    expose: bool
    strategy: MergeStrategy
    place: Place


@dataclass(frozen=True, slots=True)
class Hook:
    kind: HookKind
    name: str
    commands: tuple[str, ...]
    execute: tuple[str, ...]
    place: Place
    working_dir: str | None = None
    run_on_error: bool = False
    condition: bool = True
    suppress_stdout: bool = False
    on_errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExtraArguments:
    """Arguments and environment added to some Terraform commands."""

    name: str
    commands: tuple[str, ...]
    place: Place
    arguments: tuple[str, ...] = ()
    env_vars: dict[str, str] = field(default_factory=dict)
    required_var_files: tuple[str, ...] = ()
    optional_var_files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TerraformBlock:
    place: Place
    source: str | None = None
    copy_terraform_lock_file: bool | None = None
    include_in_copy: tuple[str, ...] | None = None
    exclude_from_copy: tuple[str, ...] | None = None
    extra_arguments: tuple[ExtraArguments, ...] = ()
    before_hooks: tuple[Hook, ...] = ()
    after_hooks: tuple[Hook, ...] = ()
    error_hooks: tuple[Hook, ...] = ()


@dataclass(frozen=True, slots=True)
class GeneratedFile:
    """One ``generate`` block."""

    name: str
    path: str
    if_exists: str
    contents: str
    place: Place
    comment_prefix: str = "# "
    disable_signature: bool = False
    disable: bool = False
    if_disabled: str = "skip"
    hcl_fmt: bool | None = None


@dataclass(frozen=True, slots=True)
class RemoteState:
    """``config`` is the content of the backend block; ``generate`` is (path, if_exists)."""

    backend: str
    config: dict[str, Any]
    place: Place
    generate: tuple[str, str] | None = None
    disable_init: bool = False
    disable_dependency_optimization: bool = False


@dataclass(frozen=True, slots=True)
class Dependency:
    """One ``dependency`` block. ``config_path`` is as written, relative to the unit's folder."""

    name: str
    place: Place
    config_path: str | None = None
    enabled: bool | None = None
    skip_outputs: bool | None = None
    mock_outputs: dict[str, Any] | None = None
    mock_commands: tuple[str, ...] | None = None
    mock_strategy: MergeStrategy | None = None
    mock_merge_with_state: bool | None = None

    @property
    def is_enabled(self) -> bool:
        return self.enabled is not False

    @property
    def strategy(self) -> MergeStrategy:
        """How mocks combine with real outputs; the older switch counts if no strategy is set."""
        if self.mock_strategy is not None:
            return self.mock_strategy
        return "shallow" if self.mock_merge_with_state else "no_merge"

    def allows_mocks_for(self, command: str) -> bool:
        """A missing or empty allow-list allows every command, apply included."""
        return not self.mock_commands or command in self.mock_commands


@dataclass(frozen=True, slots=True)
class Exclude:
    condition: bool
    actions: tuple[str, ...]
    place: Place
    exclude_dependencies: bool = False
    no_run: bool | None = None

    def covers(self, command: str) -> bool:
        """True if ``actions`` names the command, ``all``, or ``all_except_output``."""
        actions = {action.lower() for action in self.actions}
        return (
            command in actions
            or "all" in actions
            or ("all_except_output" in actions and command != "output")
        )


@dataclass(frozen=True, slots=True)
class Retry:
    name: str
    retryable_errors: tuple[str, ...]
    max_attempts: int
    sleep_interval_sec: int
    place: Place


@dataclass(frozen=True, slots=True)
class Ignore:
    name: str
    ignorable_errors: tuple[str, ...]
    place: Place
    message: str = ""
    signals: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Errors:
    retry: tuple[Retry, ...] = ()
    ignore: tuple[Ignore, ...] = ()


@dataclass(frozen=True, slots=True)
class Feature:
    name: str
    default: Any
    place: Place


@dataclass(frozen=True, slots=True)
class Config:
    """One evaluated file, or a unit after its includes are merged in."""

    file: Path
    includes: tuple[Include, ...] = ()
    locals: dict[str, Any] = field(default_factory=dict)
    features: tuple[Feature, ...] = ()
    terraform: TerraformBlock | None = None
    remote_state: RemoteState | None = None
    generate: dict[str, GeneratedFile] = field(default_factory=dict)
    dependencies: tuple[Dependency, ...] = ()
    dependency_paths: tuple[str, ...] = ()
    dependency_paths_place: Place | None = None
    inputs: dict[str, Any] | None = None
    exclude: Exclude | None = None
    errors: Errors | None = None
    download_dir: str | None = None
    prevent_destroy: bool | None = None
    terraform_binary: str | None = None
    terraform_version_constraint: str | None = None
    terragrunt_version_constraint: str | None = None
    iam_role: str | None = None
    iam_assume_role_duration: int | None = None
    iam_assume_role_session_name: str | None = None
    iam_web_identity_token: str | None = None

    @property
    def folder(self) -> Path:
        return self.file.parent


@dataclass(frozen=True, slots=True)
class Settings:
    """Input of an evaluation besides the configuration files.

    ``command`` and ``arguments`` are Terraform's; ``features`` come from ``--feature``.
    """

    environment: Mapping[str, str]
    working_dir: Path
    command: str = ""
    arguments: tuple[str, ...] = ()
    features: Mapping[str, str] = field(default_factory=dict)
    source: str = ""
    source_update: bool = False
    download_dir: str | None = None
    experiments: frozenset[str] = frozenset()
    render: bool = False


@dataclass(frozen=True, slots=True)
class Context:
    """The file being evaluated and the unit that it is evaluated for.

    They differ in an included file, which Terragrunt evaluates as part of the including unit
    (``include`` is then the block that includes it). ``original`` is the file where reading began;
    it differs from ``unit`` inside ``read_terragrunt_config``.
    """

    file: Path
    unit: Path
    original: Path
    include: Include | None = None
    includes: tuple[Include, ...] = ()

    @property
    def folder(self) -> Path:
        """The unit's folder: ``get_terragrunt_dir()``."""
        return self.unit.parent


def config_file_of(path: Path) -> Path:
    """Return the configuration file that a ``config_path`` names: the file, or the folder's."""
    return path / CONFIG_NAME if path.is_dir() else path
