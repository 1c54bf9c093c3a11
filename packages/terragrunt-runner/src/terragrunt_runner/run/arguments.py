"""Terraform's arguments and variables.

Sources: https://terragrunt.gruntwork.io/docs/features/extra-arguments and the lists of commands in
``get_terraform_commands_that_need_…``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from terragrunt_runner.config.model import Config, ExtraArguments

NEED_VARS = ("apply", "console", "destroy", "import", "plan", "push", "refresh")
NEED_LOCKING = ("apply", "destroy", "import", "plan", "refresh", "taint", "untaint")
NEED_INPUT = ("apply", "import", "init", "plan", "refresh")
NEED_PARALLELISM = ("apply", "plan", "destroy")
DEFAULT_RETRYABLE_ERRORS = (
    "(?s).*Failed to load state.*tcp.*timeout.*",
    "(?s).*Failed to load backend.*TLS handshake timeout.*",
    "(?s).*Creating metric alarm failed.*request to update this alarm is in progress.*",
    "(?s).*Error installing provider.*TLS handshake timeout.*",
    "(?s).*Error configuring the backend.*TLS handshake timeout.*",
    "(?s).*Error installing provider.*tcp.*timeout.*",
    "(?s).*Error installing provider.*tcp.*connection reset by peer.*",
    "NoSuchBucket: The specified bucket does not exist",
    "(?s).*Error creating SSM parameter: TooManyUpdates:.*",
    "(?s).*app.terraform.io.*: 429 Too Many Requests.*",
    "(?s).*ssh_exchange_identification.*Connection closed by remote host.*",
    "(?s).*Client\\.Timeout exceeded while awaiting headers.*",
    "(?s).*Could not download module.*The requested URL returned error: 429.*",
    "(?s).*net/http: TLS.*handshake timeout.*",
    "(?s).*could not query provider registry.*context deadline exceeded.*",
)
"""Errors that are retried in a unit without an errors block; get_default_retryable_errors()."""

_WITH_SUB_COMMANDS = ("state", "workspace", "providers", "metadata")
_NO_COLOR_COMMANDS = frozenset(
    {"apply", "destroy", "import", "init", "output", "plan", "refresh", "show", "taint", "test",
     "untaint", "validate"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class RunMode:
    """Flags that change Terraform's arguments. ``many``: with ``--all`` or ``--graph``."""

    many: bool = False
    non_interactive: bool = False
    no_color: bool = False
    auto_approve: bool = True

    @property
    def can_ask(self) -> bool:
        """True if Terraform may ask questions: on a terminal, for one unit."""
        return not (self.many or self.non_interactive)


def terraform_arguments(config: Config, words: Sequence[str], mode: RunMode) -> tuple[str, ...]:
    """Return Terraform's command line after the binary."""
    command, rest = words[0], list(words[1:])
    sub_command: list[str] = []
    if command in _WITH_SUB_COMMANDS and rest and not rest[0].startswith("-"):
        sub_command, rest = rest[:1], rest[1:]
    added: list[str] = []
    if not mode.can_ask and command in (*NEED_INPUT, "destroy"):
        added.append("-input=false")
    if mode.many and mode.auto_approve and command in ("apply", "destroy"):
        added.append("-auto-approve")
    if mode.no_color and command in _NO_COLOR_COMMANDS:
        added.append("-no-color")
    added = [item for item in added if not has_flag(rest, item)]
    extra = extra_arguments(config, command, with_plan_file=_has_plan_file(command, rest))
    return (command, *sub_command, *added, *extra, *rest)


def extra_arguments(
    config: Config, command: str, *, with_plan_file: bool = False
) -> tuple[str, ...]:
    """Return the arguments of the ``extra_arguments`` blocks for a command.

    Variables are left out ``with_plan_file``: Terraform refuses them there.
    Raises ConfigurationError if a file of required_var_files does not exist.
    """
    found: list[str] = []
    for block in _blocks(config, command):
        if with_plan_file:
            found.extend(a for a in block.arguments if not _is_variable(a))
        else:
            found.extend(block.arguments)
            found.extend(f"-var-file={path}" for path in _var_files(block, config.folder))
    return tuple(found)


def extra_environment(config: Config, command: str) -> dict[str, str]:
    """Return the ``env_vars`` of the ``extra_arguments`` blocks for a command."""
    environment: dict[str, str] = {}
    for block in _blocks(config, command):
        environment.update(block.env_vars)
    return environment


def input_variables(
    inputs: Mapping[str, Any] | None,
    environment: Mapping[str, str],
    encode: Callable[[Any], str],
) -> dict[str, str]:
    """Return a ``TF_VAR_…`` variable for each input that is not null.

    A variable in the environment wins. ``encode`` turns a value that is not a string into JSON.
    """
    variables: dict[str, str] = {}
    for name, value in (inputs or {}).items():
        variable = f"TF_VAR_{name}"
        if value is not None and variable not in environment:
            variables[variable] = value if isinstance(value, str) else encode(value)
    return variables


def is_destroy(words: Sequence[str]) -> bool:
    """True for ``destroy`` and for ``apply -destroy``."""
    return words[0] == "destroy" or (words[0] == "apply" and has_flag(words[1:], "-destroy"))


def has_flag(words: Sequence[str], flag: str) -> bool:
    """True if Terraform's flag is among the words, with one dash or two, with a value or not."""
    name = flag.partition("=")[0]
    return any(word.replace("--", "-", 1).partition("=")[0] == name for word in words)


def _has_plan_file(command: str, rest: Sequence[str]) -> bool:
    """True if ``apply`` or ``destroy`` gets a saved plan: the last word is not a flag."""
    if command not in ("apply", "destroy") or not rest or rest[-1].startswith("-"):
        return False
    # The value of `-target x` is a word of its own.
    return not (len(rest) > 1 and rest[-2] in ("-target", "-var", "-var-file", "-replace"))


def _blocks(config: Config, command: str) -> list[ExtraArguments]:
    blocks = config.terraform.extra_arguments if config.terraform else ()
    return [block for block in blocks if command in block.commands]


def _var_files(block: ExtraArguments, folder: Path) -> list[str]:
    required = _last_of_each(block.required_var_files)
    for path in required:
        if not (folder / path).is_file():
            raise block.place.error(
                f"extra_arguments {block.name!r} requires the variable file {path}, "
                "which does not exist"
            )
    optional = [p for p in _last_of_each(block.optional_var_files) if (folder / p).is_file()]
    return [*required, *optional]


def _last_of_each(paths: Sequence[str]) -> list[str]:
    """Remove duplicates; the last occurrence keeps its position."""
    return list(reversed(dict.fromkeys(reversed(paths))))


def _is_variable(argument: str) -> bool:
    return argument.lstrip("-").startswith(("var=", "var-file=", "var ", "var-file "))
