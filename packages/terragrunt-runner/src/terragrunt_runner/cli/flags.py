"""The flags of the command line; parsing, the environment and --help read this table.

Each flag is also the variable ``TG_NAME``. Flags that Terragrunt 0.82 to 0.89 spelled differently
keep that spelling too (``--terragrunt-name``, ``TERRAGRUNT_NAME``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["switch", "text", "number", "list"]

RUN, FIND, HCL, ANY, RENDER = "run", "find", "hcl", "any", "render"


@dataclass(frozen=True, slots=True)
class Flag:
    """``old``: it also has an older spelling, ``terragrunt-`` and the name or the one given.

    ``old_env`` is the older variable if it differs from that spelling; ``inverted_env`` is an older
    variable with the opposite meaning (``TERRAGRUNT_AUTO_INIT=false``).
    """

    name: str
    kind: Kind
    help: str
    scope: str = RUN
    old: str | bool = False
    old_env: str | None = None
    inverted_env: str | None = None
    aliases: tuple[str, ...] = ()

    @property
    def field(self) -> str:
        return self.name.replace("-", "_")

    @property
    def spellings(self) -> tuple[str, ...]:
        """The spellings without dashes; the older one is the last."""
        old = f"terragrunt-{self.name}" if self.old is True else self.old
        return (self.name, *self.aliases, *((old,) if old else ()))

    @property
    def variables(self) -> tuple[str, ...]:
        """Environment variables, the current one first."""
        names = [f"TG_{self.field.upper()}"]
        if self.old:
            names.append(self.old_env or self.spellings[-1].replace("-", "_").upper())
        return tuple(names)


FLAGS: tuple[Flag, ...] = (
    Flag("working-dir", "text", "Folder to work in.", ANY, old=True),
    Flag("config", "text", "Configuration file of the unit.", ANY, old=True),
    Flag("non-interactive", "switch", "Answer yes to every question of the runner.", ANY, old=True),
    Flag("log-level", "text", "error, warn, info, debug or trace.", ANY, old=True),
    Flag("log-format", "text", "pretty, bare, key-value or json.", ANY, old=True),
    Flag("no-color", "switch", "Print without colours.", ANY, old=True),
    Flag("log-disable", "switch", "Print no log lines of the runner.", ANY, old=True),
    Flag("help", "switch", "Show this help.", ANY, aliases=("h",)),
    Flag("version", "switch", "Print the version of this runner.", ANY, aliases=("v",)),
    Flag("experiment", "list", "Accepted; no experiment changes this runner.", ANY),
    Flag("strict-control", "list", "Accepted; deprecations are notices here.", ANY),
    Flag("strict-mode", "switch", "Accepted; deprecations are notices here.", ANY),
    Flag("no-tips", "switch", "Accepted; there are no tips.", ANY),
    Flag("all", "switch", "Run in every unit below the working folder.", ANY, aliases=("a",)),
    Flag("graph", "switch", "Run in this unit and in all units that depend on it."),
    Flag("tf-path", "text", "Path of Terraform's binary.", ANY, old="terragrunt-tfpath"),
    Flag(
        "download-dir",
        "text",
        "Folder for the working folders of units.",
        ANY,
        old=True,
        old_env="TERRAGRUNT_DOWNLOAD",
    ),
    Flag("feature", "list", "Value of a feature flag, as name=value.", ANY),
    Flag("source", "text", "Module source instead of the configured one.", old=True),
    Flag("source-update", "switch", "Copy or clone the module source again.", old=True),
    Flag(
        "no-auto-init",
        "switch",
        "Do not run init automatically.",
        old=True,
        inverted_env="TERRAGRUNT_AUTO_INIT",
    ),
    Flag(
        "no-auto-approve",
        "switch",
        "Do not add -auto-approve with --all.",
        old=True,
        inverted_env="TERRAGRUNT_AUTO_APPROVE",
    ),
    Flag(
        "no-auto-retry",
        "switch",
        "Ignore retry blocks.",
        old=True,
        inverted_env="TERRAGRUNT_AUTO_RETRY",
    ),
    Flag(
        "parallelism",
        "number",
        "Number of units at the same time; default: the number of CPUs.",
        old=True,
    ),
    Flag(
        "queue-include-dir",
        "list",
        "Run only these unit folders (globs).",
        ANY,
        old="terragrunt-include-dir",
    ),
    Flag(
        "queue-exclude-dir",
        "list",
        "Leave out these unit folders (globs).",
        ANY,
        old="terragrunt-exclude-dir",
    ),
    Flag(
        "queue-excludes-file",
        "text",
        "File with folders to leave out, one in each line.",
        ANY,
        old="terragrunt-excludes-file",
    ),
    Flag(
        "queue-strict-include",
        "switch",
        "Leave out dependencies of included units.",
        ANY,
        old="terragrunt-strict-include",
    ),
    Flag(
        "queue-ignore-errors",
        "switch",
        "Run dependents of a failed unit as well.",
        old="terragrunt-ignore-dependency-errors",
    ),
    Flag(
        "queue-ignore-dag-order",
        "switch",
        "Run all units at once.",
        old="terragrunt-ignore-dependency-order",
    ),
    Flag(
        "queue-include-external",
        "switch",
        "Also run dependencies outside the folder.",
        ANY,
        old="terragrunt-include-external-dependencies",
    ),
    Flag(
        "queue-exclude-external",
        "switch",
        "Do not run dependencies outside the folder.",
        ANY,
        old="terragrunt-ignore-external-dependencies",
    ),
    Flag(
        "queue-include-units-reading",
        "list",
        "Run only units that read these files.",
        ANY,
        old=True,
    ),
    Flag(
        "units-that-include",
        "list",
        "Run only units that include these files.",
        ANY,
        old="terragrunt-modules-that-include",
    ),
    Flag(
        "queue-construct-as", "text", "Order the units as for this command.", FIND, aliases=("as",)
    ),
    Flag(
        "filter", "list", "Select units: a path, a glob, name=, ...unit, unit..., !expression.", ANY
    ),
    Flag("fail-fast", "switch", "Start no more units after a failure.", old=True),
    Flag(
        "no-destroy-dependencies-check",
        "switch",
        "Do not look for dependents before a destroy.",
        old=True,
    ),
    Flag("destroy-dependencies-check", "switch", "Look for dependents before a destroy."),
    Flag("out-dir", "text", "Folder for the plan files.", old=True),
    Flag("json-out-dir", "text", "Folder for the plans as JSON.", old=True),
    Flag("report-file", "text", "File for the run report."),
    Flag("report-format", "text", "csv or json."),
    Flag("report-schema-file", "text", "File for the JSON schema of the run report."),
    Flag("summary-disable", "switch", "Print no summary after a run of many units."),
    Flag("summary-per-unit", "switch", "Print each unit and its duration in the summary."),
    Flag(
        "tf-forward-stdout",
        "switch",
        "Print Terraform's stdout without changes.",
        old="terragrunt-forward-tf-stdout",
    ),
    Flag(
        "inputs-debug",
        "switch",
        "Write terragrunt-debug.tfvars.json beside the module.",
        old="terragrunt-debug",
    ),
    Flag("backend-bootstrap", "switch", "Create the state bucket if it is missing."),
    Flag(
        "backend-require-bootstrap",
        "switch",
        "Fail if the state bucket is missing.",
        old="terragrunt-fail-on-state-bucket-creation",
    ),
    Flag(
        "disable-bucket-update", "switch", "Do not change an existing state bucket.", ANY, old=True
    ),
    Flag(
        "dependency-fetch-output-from-state",
        "switch",
        "Accepted; it is the default of this runner.",
        old="terragrunt-fetch-dependency-output-from-state",
    ),
    Flag(
        "no-dependency-fetch-output-from-state",
        "switch",
        "Read outputs with terraform output, once for each dependency.",
    ),
    Flag(
        "provider-cache", "switch", "Share providers between units; one init at a time.", old=True
    ),
    Flag("provider-cache-dir", "text", "Folder for the shared providers.", old=True),
    Flag("no-auto-provider-cache-dir", "switch", "Accepted; there is no automatic cache."),
    Flag(
        "iam-assume-role",
        "text",
        "ARN of the role to assume before Terraform runs.",
        old="terragrunt-iam-role",
    ),
    Flag(
        "iam-assume-role-duration", "number", "Duration of the role's session in seconds.", old=True
    ),
    Flag("iam-assume-role-session-name", "text", "Name of the role's session.", old=True),
    Flag("no-hooks", "switch", "Run no hooks."),
    Flag("no-stack-generate", "switch", "Accepted; stack files are not supported.", ANY),
    Flag(
        "disable-command-validation", "switch", "Forward unknown commands to Terraform.", old=True
    ),
    Flag("json", "switch", "Print JSON.", FIND, aliases=("j",)),
    Flag("format", "text", "text, json, dot, long or tree.", FIND, aliases=("f",)),
    Flag("dag", "switch", "Order by dependency.", FIND),
    Flag("dependencies", "switch", "Show dependencies.", FIND),
    Flag("external", "switch", "Also show dependencies outside the folder.", FIND),
    Flag("hidden", "switch", "Also look in hidden folders.", FIND),
    Flag("no-hidden", "switch", "Do not look in hidden folders.", FIND),
    Flag("exclude", "switch", "Show exclude blocks.", FIND),
    Flag("include", "switch", "Show included files.", FIND),
    Flag("reading", "switch", "Show files that a unit reads.", FIND),
    Flag("long", "switch", "Print one unit in each line, with its type.", FIND, aliases=("l",)),
    Flag("tree", "switch", "Print a tree.", FIND, aliases=("T",)),
    Flag("check", "switch", "Change nothing; fail if a file would change.", HCL, old=True),
    Flag("diff", "switch", "Print the changes.", HCL, old=True),
    Flag("file", "text", "Format only this file.", HCL, old="terragrunt-hclfmt-file"),
    Flag("stdin", "switch", "Format stdin to stdout.", HCL, old="terragrunt-hclfmt-stdin"),
    Flag(
        "exclude-dir", "list", "Leave out these folders.", HCL, old="terragrunt-hclfmt-exclude-dir"
    ),
    Flag("inputs", "switch", "Compare the inputs with the module's variables.", HCL),
    Flag(
        "strict",
        "switch",
        "Report inputs that the module does not declare as errors.",
        HCL,
        old="terragrunt-strict-validate",
    ),
    Flag(
        "show-config-path",
        "switch",
        "Print only the paths of invalid files.",
        HCL,
        old="terragrunt-hclvalidate-show-config-path",
    ),
    Flag("out", "text", "File for the rendered configuration.", RENDER, old="terragrunt-json-out"),
    Flag(
        "write",
        "switch",
        "Write the rendered configuration to its default file.",
        RENDER,
        aliases=("w",),
    ),
    Flag("with-metadata", "switch", "Not supported.", RENDER, old="with-metadata"),
    Flag(
        "disable-dependent-modules",
        "switch",
        "Accepted.",
        RENDER,
        old="terragrunt-json-disable-dependent-modules",
    ),
)

BY_SPELLING = {spelling: flag for flag in FLAGS for spelling in flag.spellings}
