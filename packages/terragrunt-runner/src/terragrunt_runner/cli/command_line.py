"""argv and environment → one frozen :class:`Invocation`.

The shape is that of Terragrunt 0.82 to 1.x: double-dash flags are the runner's and may stand
anywhere before ``--``; everything else belongs to Terraform.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from terragrunt_runner.cli.flags import ANY, BY_SPELLING, FIND, FLAGS, HCL, RENDER, RUN, Flag
from terragrunt_runner.errors import UsageError

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
_REPLACED: dict[str, tuple[tuple[str, ...], dict[str, Any], str]] = {
    "run-all": (("run",), {"all": True}, "run --all"),
    "graph-dependencies": (("dag", "graph"), {}, "dag graph"),
    "hclfmt": (("hcl", "fmt"), {}, "hcl fmt"),
    "hclvalidate": (("hcl", "validate"), {}, "hcl validate"),
    "validate-inputs": (("hcl", "validate"), {"inputs": True}, "hcl validate --inputs"),
    "render-json": (("render",), {"json": True, "write": True}, "render --json -w"),
    "terragrunt-info": (("info", "print"), {}, "info print"),
}
_REFUSED = ("aws-provider-patch", "catalog", "scaffold", "stack", "plan-all", "apply-all",
            "destroy-all", "output-all", "validate-all", "spin-up", "tear-down")  # fmt: skip

_TERRAFORM_FLAGS = frozenset(
    {
        "auto-approve", "backend", "backend-config", "check", "compact-warnings", "destroy",
        "detailed-exitcode", "diff", "force", "input", "json", "list", "lock", "lock-timeout",
        "migrate-state", "out", "raw", "reconfigure", "recursive", "refresh", "refresh-only",
        "replace", "state", "target", "upgrade", "var", "var-file", "write",
    }
)  # fmt: skip
"""Terraform reads its flags with two dashes too; these pass where the runner has no such flag."""

_FIND_COMMANDS = ("find", "list", "ls", "dag", "output-module-groups", "graph-dependencies")
_HCL_COMMANDS = ("hcl", "hclfmt", "hclvalidate", "validate-inputs")
_RENDER_COMMANDS = ("render", "render-json")


@dataclass(frozen=True, slots=True)
class Invocation:
    """What to do.

    ``command`` is ``run``, ``hcl fmt``, … as a tuple; ``terraform`` is Terraform's command and its
    arguments (or the program of ``exec``); ``notices`` are deprecations to tell.
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
        """Terraform's command without its arguments; '' where none was given."""
        return next((word for word in self.terraform if not word.startswith("-")), "")


def parse(argv: Sequence[str], environment: Mapping[str, str]) -> Invocation:
    """Read a command line. Raises UsageError, naming what it does not know."""
    options = _from_environment(environment)
    words, passed = _split(argv, options)
    if options.get("version"):
        return Invocation(("version",), options=options)
    if not words and not passed:
        return Invocation(("help",), options=options)
    if options.get("help"):
        return Invocation(("help",), tuple(words), options)
    return _command(words, passed, options)


def _command(words: list[str], passed: list[str], options: dict[str, Any]) -> Invocation:
    if not words:
        return Invocation(("run",), tuple(passed), options)
    name, rest = words[0], words[1:]
    if name == "graph" and rest and rest[0] in TERRAFORM_COMMANDS:
        notice = _notice("graph", "run --graph")
        return Invocation(("run",), (*rest, *passed), {**options, "graph": True}, (notice,))
    if name in _REPLACED:
        command, extra, instead = _REPLACED[name]
        invocation = Invocation(
            command, (*rest, *passed), {**options, **extra}, (_notice(name, instead),)
        )
        return _checked(invocation)
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
    if name in _REFUSED:
        raise UsageError(f"terragrunt {name} is not supported by this runner")
    raise UsageError(
        f"unknown command: {name!r}; Terragrunt does not forward unknown commands",
        hint=f"terragrunt run -- {' '.join([*words, *passed])}",
    )


def _checked(invocation: Invocation) -> Invocation:
    """``run`` needs a command that Terraform has; the runner's own commands take no words."""
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
    """Words (command, arguments of Terraform), and what follows ``--``; flags go to options."""
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
    """The runner's flag that a word is, and its value after ``=``; None for Terraform's words."""
    if not words and word.startswith("-h"):
        return BY_SPELLING["help"], None
    if not words and word in ("-v", "-version"):
        return BY_SPELLING["version"], None
    if not word.startswith("--"):
        letter = BY_SPELLING.get(word[1:]) if word.startswith("-") and len(word) == 2 else None
        return (letter if letter and letter.scope in _letter_scopes(words) else None), None
    name, equals, value = word[2:].partition("=")
    flag = BY_SPELLING.get(name)
    if flag is not None and flag.scope in _scopes(words):
        return flag, value if equals else None
    if name in _TERRAFORM_FLAGS and words:
        return None, None
    raise UsageError(
        f"unknown flag --{name}",
        hint="Terraform's flags take one dash, or come after --; terragrunt --help lists ours",
    )


def _scopes(words: list[str]) -> tuple[str, ...]:
    """Whose flags count, by the command so far: ``--json`` is Terraform's after ``output``."""
    command = words[0] if words else ""
    if command in _FIND_COMMANDS:
        return (ANY, RUN, FIND)
    if command in _HCL_COMMANDS:
        return (ANY, RUN, FIND, HCL)
    if command in _RENDER_COMMANDS:
        return (ANY, RUN, FIND, RENDER)
    return (ANY, RUN)


def _letter_scopes(words: list[str]) -> tuple[str, ...]:
    """Single letters: only where no argument of Terraform can stand."""
    if not words or words == ["run"]:
        return (ANY,)
    return _scopes(words)[2:]


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
    # A filter expression and a feature's value may hold commas of their own.
    if flag.name in ("filter", "feature"):
        return [text]
    return [item for item in (part.strip() for part in text.split(",")) if item]


def _value(flag: Flag, value: str | None, source: str) -> Any:
    if flag.kind == "switch":
        return True if value is None else _truth(value, source)
    if flag.kind == "number":
        try:
            return int(value or "")
        except ValueError:
            raise UsageError(f"{source} needs a whole number, not {value!r}") from None
    return value


def _truth(text: str, source: str) -> bool:
    lowered = text.strip().lower()
    if lowered in ("1", "t", "true", "yes"):
        return True
    if lowered in ("0", "f", "false", "no", ""):
        return False
    raise UsageError(f"{source} needs true or false, not {text!r}")


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
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
                options[flag.field] = not _truth(inverted, str(flag.inverted_env))
    return options
