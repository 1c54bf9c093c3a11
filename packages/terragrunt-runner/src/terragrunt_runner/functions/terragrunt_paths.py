"""Terragrunt's functions about paths.

Source: https://terragrunt.gruntwork.io/docs/reference/hcl/functions
"""

from __future__ import annotations

import os
from pathlib import Path

from terragrunt_runner.config.context import Context
from terragrunt_runner.config.model import CONFIG_NAME, Include, Place
from terragrunt_runner.errors import ConfigurationError
from terragrunt_runner.language.scope import CallSite, Library
from terragrunt_runner.language.types import STRING
from terragrunt_runner.language.values import InvalidValueError

_FOLDERS_TO_CHECK = 100


def define_paths(library: Library, context: Context, git_root: GitRoot) -> None:
    """Add the functions, bound to a place."""

    @library.define("find_in_parent_folders", STRING, STRING, optional=2)
    def find_in_parent_folders(*given: str) -> str:
        return _find_in_parent_folders(context, given)

    @library.define("path_relative_to_include", STRING, optional=1)
    def path_relative_to_include(*given: str) -> str:
        included = selected_include(context, given)
        return relative(context.folder, included.path.parent) if included else "."

    @library.define("path_relative_from_include", STRING, optional=1)
    def path_relative_from_include(*given: str) -> str:
        included = selected_include(context, given)
        return relative(included.path.parent, context.folder) if included else "."

    @library.define("get_parent_terragrunt_dir", STRING, optional=1)
    def get_parent_terragrunt_dir(*given: str) -> str:
        included = selected_include(context, given)
        return str(included.path.parent if included else context.folder)

    @library.define("get_terragrunt_dir")
    def get_terragrunt_dir() -> str:
        return str(context.folder)

    @library.define("get_original_terragrunt_dir")
    def get_original_terragrunt_dir() -> str:
        return str(context.original.parent)

    @library.define("get_repo_root", site=True)
    def get_repo_root(site: CallSite) -> str:
        return str(git_root.of(context.folder, site))

    @library.define("get_path_from_repo_root", site=True)
    def get_path_from_repo_root(site: CallSite) -> str:
        return relative(context.folder, git_root.of(context.folder, site))

    @library.define("get_path_to_repo_root", site=True)
    def get_path_to_repo_root(site: CallSite) -> str:
        return relative(git_root.of(context.folder, site), context.folder)


class GitRoot:
    """The top folder of a git work tree: the nearest parent that holds ``.git``."""

    def __init__(self) -> None:
        self._known: dict[Path, Path] = {}

    def of(self, folder: Path, site: CallSite) -> Path:
        """Raises ConfigurationError outside a git repository."""
        if folder not in self._known:
            for candidate in (folder, *folder.parents):
                if (candidate / ".git").exists():
                    # As git prints it: links resolved.
                    self._known[folder] = candidate.resolve()
                    break
            else:
                raise ConfigurationError(
                    f"{folder} is not in a git repository", file=site.file, line=site.line
                )
        return self._known[folder]


def selected_include(context: Context, given: tuple[str, ...]) -> Include | None:
    """The include block a function means: the one that led here, the only one, or the named one.

    Raises InvalidValueError where a name is needed or unknown.
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


def relative(path: Path, start: Path) -> str:
    return os.path.relpath(path, start)


def place_of(site: CallSite) -> Place:
    return Place(site.file, site.line)


def _find_in_parent_folders(context: Context, given: tuple[str, ...]) -> str:
    """Look above the unit's own folder; the unit's file itself never counts."""
    name = given[0] if given and given[0] else CONFIG_NAME
    for folder in list(context.folder.parents)[:_FOLDERS_TO_CHECK]:
        candidate = folder / name
        if candidate.exists():
            return str(candidate)
    if len(given) == 2:
        return given[1]
    raise InvalidValueError(f"no folder above {context.folder} holds {name}")
