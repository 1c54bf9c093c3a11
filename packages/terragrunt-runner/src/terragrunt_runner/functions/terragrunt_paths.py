"""Terragrunt's functions about paths.

Source: https://terragrunt.gruntwork.io/docs/reference/hcl/functions
"""

from __future__ import annotations

import os
from pathlib import Path

from terragrunt_runner.config.model import CONFIG_NAME, Context, Include
from terragrunt_runner.errors import ConfigurationError
from terragrunt_runner.language.scope import CallSite, Library
from terragrunt_runner.language.types import STRING
from terragrunt_runner.language.values import InvalidValueError

_FOLDERS_TO_CHECK = 100


def define_paths(library: Library, context: Context) -> None:
    """Add the functions, bound to the file that calls them."""

    @library.define("find_in_parent_folders", STRING, STRING, optional=2)
    def find_in_parent_folders(*given: str) -> str:
        name = given[0] if given and given[0] else CONFIG_NAME
        for folder in list(context.folder.parents)[:_FOLDERS_TO_CHECK]:
            if (folder / name).exists():
                return str(folder / name)
        if len(given) == 2:
            return given[1]
        raise InvalidValueError(f"no folder above {context.folder} contains {name}")

    @library.define("path_relative_to_include", STRING, optional=1)
    def path_relative_to_include(*given: str) -> str:
        included = _selected_include(context, given)
        return os.path.relpath(context.folder, included.path.parent) if included else "."

    @library.define("path_relative_from_include", STRING, optional=1)
    def path_relative_from_include(*given: str) -> str:
        included = _selected_include(context, given)
        return os.path.relpath(included.path.parent, context.folder) if included else "."

    @library.define("get_parent_terragrunt_dir", STRING, optional=1)
    def get_parent_terragrunt_dir(*given: str) -> str:
        included = _selected_include(context, given)
        return str(included.path.parent if included else context.folder)

    @library.define("get_terragrunt_dir")
    def get_terragrunt_dir() -> str:
        return str(context.folder)

    @library.define("get_original_terragrunt_dir")
    def get_original_terragrunt_dir() -> str:
        return str(context.original.parent)

    @library.define("get_repo_root", site=True)
    def get_repo_root(site: CallSite) -> str:
        return str(_git_root(context.folder, site))

    @library.define("get_path_from_repo_root", site=True)
    def get_path_from_repo_root(site: CallSite) -> str:
        return os.path.relpath(context.folder, _git_root(context.folder, site))

    @library.define("get_path_to_repo_root", site=True)
    def get_path_to_repo_root(site: CallSite) -> str:
        return os.path.relpath(_git_root(context.folder, site), context.folder)


def _git_root(folder: Path, site: CallSite) -> Path:
    """Return the nearest parent that contains ``.git``, with links resolved as git does."""
    for candidate in (folder, *folder.parents):
        if (candidate / ".git").exists():
            return candidate.resolve()
    raise ConfigurationError(f"{folder} is not in a git repository", file=site.file, line=site.line)


def _selected_include(context: Context, given: tuple[str, ...]) -> Include | None:
    """Return the include block of this file, the only one of the unit, or the named one.

    Raises InvalidValueError if a name is required or unknown.
    """
    if context.include is not None:
        return context.include
    if not context.includes:
        return None
    if len(context.includes) == 1:
        return context.includes[0]
    names = ", ".join(include.name for include in context.includes)
    if not given:
        raise InvalidValueError(f"with several include blocks, name one of them: {names}")
    for include in context.includes:
        if include.name == given[0]:
            return include
    raise InvalidValueError(f"there is no include block {given[0]!r}; there are: {names}")
