"""The flags of the command line; parsing, the environment and --help read this table.

Each flag is also the variable ``TG_NAME``. Flags that Terragrunt 0.82 to 0.89 spelled differently
keep that spelling too (``--terragrunt-name``, ``TERRAGRUNT_NAME``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

Kind = Literal["switch", "text", "number", "list"]

RUN, FIND, HCL, ANY, RENDER = "run", "find", "hcl", "any", "render"


@dataclass(frozen=True, slots=True)
class Flag:
    """``old``: it was spelled ``terragrunt-`` and the same name (True) or another name.

    ``old_env`` is the old variable if it differs from that spelling; ``inverted_env`` is an old
    variable with the opposite meaning (``TERRAGRUNT_AUTO_INIT=false``).
    """

    name: str
    help: str
    kind: Kind = "switch"
    scope: str = RUN
    old: str | bool = False
    old_env: str | None = None
    inverted_env: str | None = None
    alias: str | None = None

    @property
    def field(self) -> str:
        return self.name.replace("-", "_")

    @property
    def old_spelling(self) -> str | None:
        name = self.name if self.old is True else self.old
        return f"terragrunt-{name}" if name else None

    @property
    def spellings(self) -> tuple[str, ...]:
        """The spellings without dashes."""
        return tuple(filter(None, (self.name, self.alias, self.old_spelling)))

    @property
    def variables(self) -> tuple[str, ...]:
        """Environment variables, the current one first."""
        old = self.old_env or (self.old_spelling or "").replace("-", "_").upper()
        return tuple(filter(None, (f"TG_{self.field.upper()}", old)))


_switch = partial(Flag, kind="switch")
_text = partial(Flag, kind="text")
_number = partial(Flag, kind="number")
_list = partial(Flag, kind="list")

_BY_SCOPE: dict[str, tuple[Flag, ...]] = {
    ANY: (
        _text("working-dir", "Folder to work in.", old=True),
        _text("config", "Configuration file of the unit.", old=True),
        _switch("non-interactive", "Answer yes to every question of the runner.", old=True),
        _text("log-level", "error, warn, info, debug or trace.", old=True),
        _text("log-format", "pretty, bare, key-value or json.", old=True),
        _switch("no-color", "Print without colours.", old=True),
        _switch("log-disable", "Print no log lines of the runner.", old=True),
        _switch("help", "Show this help.", alias="h"),
        _switch("version", "Print the version of this runner.", alias="v"),
        _list("experiment", "Accepted; no experiment changes this runner."),
        _list("strict-control", "Accepted; deprecations are notices here."),
        _switch("strict-mode", "Accepted; deprecations are notices here."),
        _switch("no-tips", "Accepted; there are no tips."),
        _switch("all", "Run in every unit below the working folder.", alias="a"),
        _text("tf-path", "Path of Terraform's binary.", old="tfpath"),
        _text(
            "download-dir",
            "Folder for the working folders of units.",
            old=True,
            old_env="TERRAGRUNT_DOWNLOAD",
        ),
        _list("feature", "Value of a feature flag, as name=value."),
        _list("queue-include-dir", "Run only these unit folders (globs).", old="include-dir"),
        _list("queue-exclude-dir", "Leave out these unit folders (globs).", old="exclude-dir"),
        _text(
            "queue-excludes-file",
            "File with folders to leave out, one in each line.",
            old="excludes-file",
        ),
        _switch(
            "queue-strict-include",
            "Leave out dependencies of included units.",
            old="strict-include",
        ),
        _switch(
            "queue-include-external",
            "Also run dependencies outside the folder.",
            old="include-external-dependencies",
        ),
        _switch(
            "queue-exclude-external",
            "Do not run dependencies outside the folder.",
            old="ignore-external-dependencies",
        ),
        _list("queue-include-units-reading", "Run only units that read these files.", old=True),
        _list(
            "units-that-include",
            "Run only units that include these files.",
            old="modules-that-include",
        ),
        _list("filter", "Select units: a path, a glob, name=, ...unit, unit..., !expression."),
        _switch("disable-bucket-update", "Do not change an existing state bucket.", old=True),
        _switch("no-stack-generate", "Accepted; stack files are not supported."),
    ),
    RUN: (
        _switch("graph", "Run in this unit and in all units that depend on it."),
        _text("source", "Module source instead of the configured one.", old=True),
        _switch("source-update", "Copy or clone the module source again.", old=True),
        _switch(
            "no-auto-init",
            "Do not run init automatically.",
            old=True,
            inverted_env="TERRAGRUNT_AUTO_INIT",
        ),
        _switch(
            "no-auto-approve",
            "Do not add -auto-approve with --all.",
            old=True,
            inverted_env="TERRAGRUNT_AUTO_APPROVE",
        ),
        _switch(
            "no-auto-retry", "Ignore retry blocks.", old=True, inverted_env="TERRAGRUNT_AUTO_RETRY"
        ),
        _number(
            "parallelism",
            "Number of units at the same time; default: the number of CPUs.",
            old=True,
        ),
        _switch(
            "queue-ignore-errors",
            "Run dependents of a failed unit as well.",
            old="ignore-dependency-errors",
        ),
        _switch("queue-ignore-dag-order", "Run all units at once.", old="ignore-dependency-order"),
        _switch("fail-fast", "Start no more units after a failure.", old=True),
        _switch(
            "no-destroy-dependencies-check",
            "Do not look for dependents before a destroy.",
            old=True,
        ),
        _switch("destroy-dependencies-check", "Look for dependents before a destroy."),
        _text("out-dir", "Folder for the plan files.", old=True),
        _text("json-out-dir", "Folder for the plans as JSON.", old=True),
        _text("report-file", "File for the run report."),
        _text("report-format", "csv or json."),
        _text("report-schema-file", "File for the JSON schema of the run report."),
        _switch("summary-disable", "Print no summary after a run of many units."),
        _switch("summary-per-unit", "Print each unit and its duration in the summary."),
        _switch(
            "tf-forward-stdout",
            "Print Terraform's stdout without changes.",
            old="forward-tf-stdout",
        ),
        _switch(
            "inputs-debug", "Write terragrunt-debug.tfvars.json to the unit's folder.", old="debug"
        ),
        _switch("backend-bootstrap", "Create the state bucket if it is missing."),
        _switch(
            "backend-require-bootstrap",
            "Fail if the state bucket is missing.",
            old="fail-on-state-bucket-creation",
        ),
        _switch(
            "dependency-fetch-output-from-state",
            "Accepted; it is the default of this runner.",
            old="fetch-dependency-output-from-state",
        ),
        _switch(
            "no-dependency-fetch-output-from-state",
            "Read outputs with terraform output, once for each dependency.",
        ),
        _switch("provider-cache", "Share providers between units; one init at a time.", old=True),
        _text("provider-cache-dir", "Folder for the shared providers.", old=True),
        _switch("no-auto-provider-cache-dir", "Accepted; there is no automatic cache."),
        _text(
            "iam-assume-role", "ARN of the role to assume before Terraform runs.", old="iam-role"
        ),
        _number("iam-assume-role-duration", "Duration of the role's session in seconds.", old=True),
        _text("iam-assume-role-session-name", "Name of the role's session.", old=True),
        _switch("no-hooks", "Run no hooks."),
        _switch("disable-command-validation", "Forward unknown commands to Terraform.", old=True),
    ),
    FIND: (
        _text("queue-construct-as", "Order the units as for this command.", alias="as"),
        _switch("json", "Print JSON.", alias="j"),
        _text("format", "text, json, dot, long or tree.", alias="f"),
        _switch("dag", "Order by dependency."),
        _switch("dependencies", "Show dependencies."),
        _switch("external", "Also show dependencies outside the folder."),
        _switch("hidden", "Also look in hidden folders."),
        _switch("no-hidden", "Do not look in hidden folders."),
        _switch("exclude", "Show exclude blocks."),
        _switch("include", "Show included files."),
        _switch("reading", "Show files that a unit reads."),
        _switch("long", "Print one unit in each line, with its type.", alias="l"),
        _switch("tree", "Print a tree.", alias="T"),
    ),
    HCL: (
        _switch("check", "Change nothing; fail if a file would change.", old=True),
        _switch("diff", "Print the changes.", old=True),
        _text("file", "Format only this file.", old="hclfmt-file"),
        _switch("stdin", "Format stdin to stdout.", old="hclfmt-stdin"),
        _list("exclude-dir", "Leave out these folders.", old="hclfmt-exclude-dir"),
        _switch("inputs", "Compare the inputs with the module's variables."),
        _switch(
            "strict",
            "Report inputs that the module does not declare as errors.",
            old="strict-validate",
        ),
        _switch(
            "show-config-path",
            "Print only the paths of invalid files.",
            old="hclvalidate-show-config-path",
        ),
    ),
    RENDER: (
        _text("out", "File for the rendered configuration.", old="json-out"),
        _switch("write", "Write the rendered configuration to its default file.", alias="w"),
        _switch("with-metadata", "Not supported."),
        _switch("disable-dependent-modules", "Accepted.", old="json-disable-dependent-modules"),
    ),
}

FLAGS = tuple(replace(flag, scope=scope) for scope, flags in _BY_SCOPE.items() for flag in flags)
BY_SPELLING = {spelling: flag for flag in FLAGS for spelling in flag.spellings}
