"""Parsing of the command line and the environment into an :class:`Invocation`; ``--help``.

As in Terragrunt 0.82 to 1.x, flags with two dashes are the runner's and may stand anywhere before
``--``; every other word is Terraform's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from terragrunt_runner.cli.flags import ANY, BY_SPELLING, FIND, FLAGS, HCL, RENDER, RUN, Flag
from terragrunt_runner.errors import UsageError
from terragrunt_runner.run.terraform import FOLLOWS

SHORTCUTS = (
    "apply", "console", "destroy", "fmt", "force-unlock", "get", "graph", "import", "init",
    "output", "plan", "providers", "refresh", "show", "state", "taint", "test", "untaint",
    "validate",
)  # fmt: skip
"""Terraform commands that need no ``run`` before them."""

TERRAFORM_COMMANDS = (*SHORTCUTS, "login", "logout", "metadata", "modules", "version", "workspace")

_GROUPS: dict[str, tuple[str, ...]] = {
    "backend": ("bootstrap", "delete", "migrate"),
    "dag": ("graph",),
    "hcl": ("fmt", "format", "validate"),
    "info": ("print",),
}
_COMMANDS = (
    "exec", "find", "help", "list", "output-module-groups", "render", "run", "version",
)  # fmt: skip
_DEPRECATED: dict[str, tuple[tuple[str, ...], dict[str, Any], str]] = {
    "run-all": (("run",), {"all": True}, "run --all"),
    "graph-dependencies": (("dag", "graph"), {}, "dag graph"),
    "hclfmt": (("hcl", "fmt"), {}, "hcl fmt"),
    "hclvalidate": (("hcl", "validate"), {}, "hcl validate"),
    "validate-inputs": (("hcl", "validate"), {"inputs": True}, "hcl validate --inputs"),
    "render-json": (("render",), {"json": True, "write": True}, "render --json -w"),
    "terragrunt-info": (("info", "print"), {}, "info print"),
}
_UNSUPPORTED = (
    "aws-provider-patch", "catalog", "scaffold", "stack", "plan-all", "apply-all",
    "destroy-all", "output-all", "validate-all", "spin-up", "tear-down",
)  # fmt: skip

_TERRAFORM_FLAGS = frozenset(
    {
        "auto-approve", "backend", "backend-config", "check", "compact-warnings", "destroy",
        "detailed-exitcode", "diff", "force", "input", "json", "list", "lock", "lock-timeout",
        "migrate-state", "out", "raw", "reconfigure", "recursive", "refresh", "refresh-only",
        "replace", "state", "target", "upgrade", "var", "var-file", "write",
    }
)  # fmt: skip
"""Terraform's flags that are passed on with two dashes, unless the runner has such a flag."""

_SCOPES = {
    **dict.fromkeys(
        ("find", "list", "ls", "dag", "output-module-groups", "graph-dependencies"),
        (ANY, RUN, FIND),
    ),
    **dict.fromkeys(("hcl", "hclfmt", "hclvalidate", "validate-inputs"), (ANY, RUN, FIND, HCL)),
    **dict.fromkeys(("render", "render-json"), (ANY, RUN, FIND, RENDER)),
}
"""The flags of a command. After ``plan``, for example, ``--json`` is Terraform's."""

_HELP_COMMANDS = (
    ("run", "run a Terraform command; with --all in every unit below, in dependency order"),
    ("exec", "run a program with the unit's inputs in its environment"),
    ("find", "print the names of the units below this folder"),
    ("list", "print the units as a list, table, tree or graph"),
    ("dag graph", "print the graph of units for Graphviz"),
    ("render", "print the unit's configuration, evaluated and merged"),
    ("hcl fmt", "format configuration files"),
    ("hcl validate", "report errors in configuration files"),
    ("info print", "print the unit's working folder and download folder"),
    ("backend bootstrap", "create the state bucket"),
    ("output-module-groups", "print the groups of units that may run at the same time"),
    ("version", "print the version of this runner"),
)
_HELP_SECTIONS = (
    ("Flags of every command", ANY),
    ("Flags of run", RUN),
    ("Flags of find and list", FIND),
    ("Flags of hcl", HCL),
    ("Flags of render", RENDER),
)


@dataclass(frozen=True, slots=True)
class Invocation:
    """A parsed command line.

    ``command`` is ``("run",)``, ``("hcl", "fmt")``, …; ``terraform`` is Terraform's command with
    its arguments, or the program of ``exec``; ``notices`` are deprecation warnings.
    """

    command: tuple[str, ...]
    terraform: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    notices: tuple[str, ...] = ()

    def switch(self, name: str) -> bool:
        return bool(self.options.get(name, False))

    def text(self, name: str) -> str | None:
        value = self.options.get(name)
        return None if value in (None, "") else str(value)

    def number(self, name: str) -> int | None:
        value = self.options.get(name)
        return None if value is None else int(value)

    def items(self, name: str) -> tuple[str, ...]:
        return tuple(self.options.get(name, ()))

    @property
    def terraform_command(self) -> str:
        """Terraform's command without its arguments; '' if there is none."""
        return next((word for word in self.terraform if not word.startswith("-")), "")


def parse(argv: Sequence[str], environment: Mapping[str, str]) -> Invocation:
    """Parse a command line. Raises UsageError for an unknown command, flag or value."""
    options = _environment_options(environment)
    words, passed = _split(argv, options)
    if options.get("version"):
        return Invocation(("version",), options=options)
    if not words and not passed:
        return Invocation(("help",), options=options)
    if options.get("help"):
        return Invocation(("help",), tuple(words), options)
    return _command(words, passed, options)


def help_text() -> str:
    lines = [
        f"A Terragrunt-compatible runner; it follows Terragrunt v{FOLLOWS}.",
        "",
        "Usage: terragrunt [flags] COMMAND [flags] [-- Terraform's arguments]",
        "",
        "Commands:",
        *(f"  {name:<22}{help_}" for name, help_ in _HELP_COMMANDS),
        "",
        f"Without run: {', '.join(SHORTCUTS)}",
    ]
    for title, scope in _HELP_SECTIONS:
        lines += ["", f"{title} (each also as TG_…):"]
        for flag in FLAGS:
            if flag.scope == scope:
                value = "" if flag.kind == "switch" else " VALUE"
                lines.append(f"  --{flag.name + value:<42} {flag.help}")
    return "\n".join(lines)


def _command(words: list[str], passed: list[str], options: dict[str, Any]) -> Invocation:
    if not words:
        return Invocation(("run",), tuple(passed), options)
    name, rest = words[0], words[1:]
    if name == "graph" and rest and rest[0] in TERRAFORM_COMMANDS:
        notice = _notice("graph", "run --graph")
        return Invocation(("run",), (*rest, *passed), {**options, "graph": True}, (notice,))
    if name in _DEPRECATED:
        command, extra, replacement = _DEPRECATED[name]
        notice = _notice(name, replacement)
        return _checked(Invocation(command, (*rest, *passed), {**options, **extra}, (notice,)))
    if name in _GROUPS:
        if not rest or rest[0] not in _GROUPS[name]:
            raise UsageError(f"terragrunt {name} takes one of: {', '.join(_GROUPS[name])}")
        sub = "fmt" if rest[0] == "format" else rest[0]
        return _checked(Invocation((name, sub), (*rest[1:], *passed), options))
    if name == "ls":
        name = "list"
    if name in _COMMANDS:
        return _checked(Invocation((name,), (*rest, *passed), options))
    if name in SHORTCUTS:
        return Invocation(("run",), (*words, *passed), options)
    if name in _UNSUPPORTED:
        raise UsageError(f"terragrunt {name} is not supported by this runner")
    raise UsageError(
        f"unknown command: {name!r}; Terragrunt does not forward unknown commands",
        hint=f"terragrunt run -- {' '.join([*words, *passed])}",
    )


def _checked(invocation: Invocation) -> Invocation:
    """Refuse ``run`` without a Terraform command, and words that a command does not take."""
    if invocation.command != ("run",):
        if invocation.terraform and invocation.command[0] not in ("exec", "help", "hcl", "render"):
            command = " ".join(invocation.command)
            raise UsageError(f"terragrunt {command} does not take {invocation.terraform[0]!r}")
        return invocation
    command = invocation.terraform_command
    if not command:
        raise UsageError("terragrunt run needs a Terraform command", hint="terragrunt run plan")
    if command not in TERRAFORM_COMMANDS and not invocation.switch("disable_command_validation"):
        raise UsageError(
            f"Terraform has no command {command!r}",
            hint=f"commands: {', '.join(sorted(TERRAFORM_COMMANDS))}",
        )
    return invocation


def _notice(old: str, new: str) -> str:
    return (
        f"The `{old}` command is deprecated and will be removed in a future version of Terragrunt. "
        f"Use `terragrunt {new}` instead."
    )


def _split(argv: Sequence[str], options: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Return the words before and after ``--``. Flags of the runner are added to ``options``."""
    words: list[str] = []
    given: set[str] = set()
    rest = list(argv)
    while rest:
        word = rest.pop(0)
        if word == "--":
            return words, rest
        flag, value = _flag(word, words)
        if flag is None:
            words.append(word)
            continue
        if flag.kind != "switch" and value is None:
            if not rest:
                raise UsageError(f"flag {word} needs a value")
            value = rest.pop(0)
        _set(options, given, flag, value, word)
    return words, []


def _flag(word: str, words: list[str]) -> tuple[Flag | None, str | None]:
    """Return the runner's flag and its value after ``=``; (None, None) for Terraform's words."""
    if not words and word.startswith("-h"):
        return BY_SPELLING["help"], None
    if not words and word in ("-v", "-version"):
        return BY_SPELLING["version"], None
    scopes = _SCOPES.get(words[0], (ANY, RUN)) if words else (ANY, RUN)
    if not word.startswith("--"):
        # A letter is the runner's only where no argument of Terraform can stand.
        scopes = (ANY,) if not words or words == ["run"] else scopes[2:]
        letter = BY_SPELLING.get(word[1:]) if word.startswith("-") and len(word) == 2 else None
        return (letter if letter and letter.scope in scopes else None), None
    name, equals, value = word[2:].partition("=")
    flag = BY_SPELLING.get(name)
    if flag is not None and flag.scope in scopes:
        return flag, value if equals else None
    if name in _TERRAFORM_FLAGS and words:
        return None, None
    raise UsageError(
        f"unknown flag --{name}",
        hint="Terraform's flags take one dash or stand after --; see terragrunt --help",
    )


def _set(
    options: dict[str, Any], given: set[str], flag: Flag, value: str | None, word: str
) -> None:
    if flag.kind == "list":
        before = options.get(flag.field, ()) if flag.field in given else ()
        options[flag.field] = (*before, *_items(flag, value or ""))
    else:
        options[flag.field] = _value(flag, value, word)
    given.add(flag.field)


def _items(flag: Flag, text: str) -> list[str]:
    # A filter expression and the value of a feature may contain commas.
    if flag.name in ("filter", "feature"):
        return [text]
    return [item for item in (part.strip() for part in text.split(",")) if item]


def _value(flag: Flag, value: str | None, source: str) -> Any:
    if flag.kind == "switch":
        return True if value is None else _boolean(value, source)
    if flag.kind == "number":
        try:
            return int(value or "")
        except ValueError:
            raise UsageError(f"{source} needs a whole number, not {value!r}") from None
    return value


def _boolean(text: str, source: str) -> bool:
    lowered = text.strip().lower()
    if lowered in ("1", "t", "true", "yes"):
        return True
    if lowered in ("0", "f", "false", "no", ""):
        return False
    raise UsageError(f"{source} needs true or false, not {text!r}")


def _environment_options(environment: Mapping[str, str]) -> dict[str, Any]:
    options: dict[str, Any] = {}
    for flag in FLAGS:
        if flag.name in ("help", "version"):
            continue
        for variable in flag.variables:
            text = environment.get(variable)
            if text is None or text == "":
                continue
            if flag.kind == "list":
                options[flag.field] = (
                    tuple(text.split(",")) if flag.name == "feature" else tuple(_items(flag, text))
                )
            else:
                options[flag.field] = _value(flag, text, variable)
            break
        else:
            inverted = environment.get(flag.inverted_env) if flag.inverted_env else None
            if inverted:
                options[flag.field] = not _boolean(inverted, str(flag.inverted_env))
    return options
