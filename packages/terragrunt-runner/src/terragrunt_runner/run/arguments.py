"""Which arguments and variables Terraform gets. Pure, but for asking whether a file exists.

Source: https://terragrunt.gruntwork.io/docs/features/extra-arguments and the lists of commands in
``get_terraform_commands_that_need_…``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from terragrunt_runner.config.model import Config, ExtraArguments
from terragrunt_runner.errors import ConfigurationError

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
"""What Terragrunt retries unless a unit says otherwise; also get_default_retryable_errors()."""

_TAKE_NO_COLOR = frozenset(
    {"apply", "destroy", "import", "init", "output", "plan", "refresh", "show", "taint", "test",
     "untaint", "validate"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Manner:
    """How a run talks. ``many``: under ``--all``, where nobody can answer a question."""

    many: bool = False
    non_interactive: bool = False
    no_color: bool = False
    auto_approve: bool = True


def terraform_arguments(config: Config, words: Sequence[str], manner: Manner) -> tuple[str, ...]:
    """Terraform's whole command line after the binary."""
    command, rest = words[0], list(words[1:])
    added: list[str] = []
    if (manner.many or manner.non_interactive) and command in (*NEED_INPUT, "destroy"):
        added.append("-input=false")
    if manner.many and manner.auto_approve and command in ("apply", "destroy"):
        added.append("-auto-approve")
    if manner.no_color and command in _TAKE_NO_COLOR:
        added.append("-no-color")
    added = [item for item in added if not _has(rest, item)]
    extra = extra_arguments(config, command, plan_file=plan_file(command, rest))
    return (command, *_sub_command(command, rest), *added, *extra, *_without_sub(command, rest))


def extra_arguments(config: Config, command: str, *, plan_file: bool = False) -> tuple[str, ...]:
    """Arguments of the ``extra_arguments`` blocks for a command; a plan file allows no variables.

    Raises ConfigurationError for a required_var_files entry that is not there.
    """
    found: list[str] = []
    for block in _blocks(config, command):
        arguments = block.arguments
        if plan_file:
            arguments = tuple(a for a in arguments if not _is_variable(a))
        found.extend(arguments)
        if not plan_file:
            found.extend(f"-var-file={path}" for path in _var_files(block, config.folder))
    return tuple(found)


def extra_environment(config: Config, command: str) -> dict[str, str]:
    environment: dict[str, str] = {}
    for block in _blocks(config, command):
        environment.update(block.env_vars)
    return environment


def input_variables(
    inputs: Mapping[str, Any] | None,
    environment: Mapping[str, str],
    encode: Callable[[Any], str],
) -> dict[str, str]:
    """``TF_VAR_…`` for each input but null ones; a variable that is set already wins.

    ``encode`` gives the JSON of anything but a string.
    """
    variables: dict[str, str] = {}
    for name, value in (inputs or {}).items():
        variable = f"TF_VAR_{name}"
        if value is not None and variable not in environment:
            variables[variable] = value if isinstance(value, str) else encode(value)
    return variables


def plan_file(command: str, rest: Sequence[str]) -> bool:
    """Whether ``apply`` or ``destroy`` is given a saved plan: a last word that is not a flag."""
    if command not in ("apply", "destroy") or not rest:
        return False
    last = rest[-1]
    if last.startswith("-"):
        return False
    # `-target x` and friends take their value as the next word.
    return not (len(rest) > 1 and rest[-2] in ("-target", "-var", "-var-file", "-replace"))


def is_destroy(words: Sequence[str]) -> bool:
    return bool(words) and (
        words[0] == "destroy" or (words[0] == "apply" and _has(words[1:], "-destroy"))
    )


def _blocks(config: Config, command: str) -> list[ExtraArguments]:
    blocks = config.terraform.extra_arguments if config.terraform else ()
    return [block for block in blocks if command in block.commands]


def _var_files(block: ExtraArguments, folder: Path) -> list[str]:
    required = _last_of_each(block.required_var_files)
    for path in required:
        if not (folder / path).is_file():
            raise ConfigurationError(
                f"extra_arguments {block.name!r} requires the variable file {path}, "
                "which does not exist",
                file=block.place.file,
                line=block.place.line,
            )
    optional = [p for p in _last_of_each(block.optional_var_files) if (folder / p).is_file()]
    return [*required, *optional]


def _last_of_each(paths: Sequence[str]) -> list[str]:
    return list(reversed(dict.fromkeys(reversed(paths))))


def _is_variable(argument: str) -> bool:
    return argument.lstrip("-").startswith(("var=", "var-file=", "var ", "var-file "))


def _has(rest: Sequence[str], argument: str) -> bool:
    name = argument.partition("=")[0]
    return any(word.replace("--", "-", 1).partition("=")[0] == name for word in rest)


def _sub_command(command: str, rest: Sequence[str]) -> tuple[str, ...]:
    """``state list``, ``workspace show``: the second word belongs before any flag."""
    nested = command in ("state", "workspace", "providers", "metadata")
    return tuple(rest[:1]) if nested and rest and not rest[0].startswith("-") else ()


def _without_sub(command: str, rest: Sequence[str]) -> tuple[str, ...]:
    return tuple(rest[len(_sub_command(command, rest)) :])
