"""The task ``rename``: turn a fork into a project with its own name.

Rewrites the project's name where it names resources, and resets what belongs to the original's
accounts. Everything else follows from ``live/project.hcl``: names, tags and state buckets.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from terrarium import console, settings
from terrarium.errors import ConfigurationError, UsageError

_NAME = re.compile(r"[a-z][a-z0-9-]{0,18}[a-z0-9]")
"""Names of buckets, load balancers and target groups with this prefix stay within AWS's limits."""

_PROJECT = re.compile(r'^( *project += )"([^"]*)"', re.MULTILINE)
_REPOSITORY = re.compile(r"^( *github_repository += ).*", re.MULTILINE)
_ACCOUNT = re.compile(r"^( *account_id += ).*", re.MULTILINE)
_OF_THE_ACCOUNT = re.compile(r'^( *(?:certificate_arn|deploy_role) +=) "arn:[^"]*"', re.MULTILINE)


def rename(name: str, *, yes: bool, root: Path = settings.ROOT) -> None:
    """Rename the project and print the changed files, and what to fill in.

    Raises UsageError for an invalid name, and for uncommitted changes unless ``yes``.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot be the name of a project",
            hint="use 2 to 20 lowercase letters, digits and hyphens, a letter first; "
            "invoke --help rename",
        )
    changed = {path: text for path, text in _edits(root, name) if text != path.read_text("utf-8")}
    if not changed:
        console.success(f"the project is already named {name}; nothing was changed")
        return
    if not yes and not _is_clean(root):
        raise UsageError(
            "the checkout has uncommitted changes, or is not a Git repository",
            hint="commit them first, so that git diff shows what rename changes; or add --yes",
        )
    for path, text in changed.items():
        path.write_text(text, "utf-8")
        console.data(str(path.relative_to(root)))
    console.success(f"the project is named {name}")
    console.note(
        "fill in the lines marked as placeholder in live/project.hcl and live/*/env.hcl before the "
        "first apply on AWS; resources that are applied already keep the old name until destroyed"
    )


def _edits(root: Path, name: str) -> Iterator[tuple[Path, str]]:
    """Yield each file that may change with its new text."""
    project_file = root / "live" / "project.hcl"
    found = _PROJECT.search(project_file.read_text("utf-8"))
    if found is None:
        raise ConfigurationError('project = "…" is missing', file=project_file)
    environments = settings.environments(root / "live")
    old = re.escape(found[2])
    of_resources = re.compile(rf"\b{old}-(?={'|'.join([*environments, 'documents', 'state'])}\b)")
    title = name.replace("-", " ").capitalize()

    def edit(path: Path, *steps: Callable[[str], str]) -> tuple[Path, str]:
        text = path.read_text("utf-8")
        for step in steps:
            text = step(text)
        return path, text

    def replace(pattern: re.Pattern[str], new: str, count: int = 0) -> Callable[[str], str]:
        return lambda text: pattern.sub(new, text, count=count)

    note = "placeholder: the repository whose workflows may deploy, as OWNER/NAME"
    yield edit(
        project_file,
        replace(_PROJECT, rf'\1"{name}"'),
        replace(_REPOSITORY, rf'\g<1>"example/{name}" # {note}'),
    )
    for number, environment in enumerate(environments.values(), start=1):
        account = f'"{str(number) * 12}" # placeholder: your account'
        yield edit(
            environment.path / "env.hcl",
            replace(_ACCOUNT, rf"\g<1>{account}"),
            replace(_OF_THE_ACCOUNT, r"\1 null # placeholder"),
        )
    api = root / "lambda_src" / "api" / "openapi.json"
    yield edit(api, replace(re.compile(r'"title": "[^"]*"'), f'"title": "{title}"', 1))
    yield edit(
        root / "README.md",
        replace(re.compile(r"\A# .*"), f"# {title}"),
        replace(of_resources, f"{name}-"),
    )
    for path in sorted((root / "docs").rglob("*.md")):
        yield edit(path, replace(of_resources, f"{name}-"))


def _is_clean(root: Path) -> bool:
    done = subprocess.run(
        ["git", "status", "--porcelain"], cwd=root, capture_output=True, text=True, check=False
    )
    return done.returncode == 0 and not done.stdout
