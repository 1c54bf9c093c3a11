"""The flags this runner knows: one table, from which parsing, the environment and --help are made.

Each flag can be written on the command line, as ``TG_NAME`` in the environment and, where
Terragrunt 0.82 to 0.89 had one, by its older spelling (``--terragrunt-name``, ``TERRAGRUNT_NAME``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["switch", "text", "number", "list"]

RUN, FIND, HCL, ANY, RENDER = "run", "find", "hcl", "any", "render"


@dataclass(frozen=True, slots=True)
class Flag:
    """``old`` is the older flag without its dashes; ``old_env`` where its variable differs from it.

    ``inverted_env``: an older variable of the opposite meaning (``TERRAGRUNT_AUTO_INIT=false``).
    """

    name: str
    kind: Kind
    help: str
    scope: str = RUN
    old: str | None = None
    old_env: str | None = None
    inverted_env: str | None = None
    aliases: tuple[str, ...] = ()

    @property
    def field(self) -> str:
        return self.name.replace("-", "_")

    @property
    def spellings(self) -> tuple[str, ...]:
        return (self.name, *self.aliases, *((self.old,) if self.old else ()))

    @property
    def variables(self) -> tuple[str, ...]:
        """Environment variables, the current one first."""
        names = [f"TG_{self.field.upper()}"]
        if self.old:
            names.append(self.old_env or self.old.replace("-", "_").upper())
        elif self.old_env:
            names.append(self.old_env)
        return tuple(names)


FLAGS: tuple[Flag, ...] = (
    Flag("working-dir", "text", "Folder to work in.", ANY, "terragrunt-working-dir"),
    Flag("config", "text", "Configuration file of the unit.", ANY, "terragrunt-config"),
    Flag(
        "non-interactive",
        "switch",
        "Answer yes to every question of the runner.",
        ANY,
        "terragrunt-non-interactive",
    ),
    Flag("log-level", "text", "error, warn, info, debug or trace.", ANY, "terragrunt-log-level"),
    Flag("log-format", "text", "pretty, bare, key-value or json.", ANY, "terragrunt-log-format"),
    Flag("no-color", "switch", "No colours.", ANY, "terragrunt-no-color"),
    Flag("log-disable", "switch", "No log lines of the runner.", ANY, "terragrunt-log-disable"),
    Flag("help", "switch", "Show this help.", ANY, aliases=("h",)),
    Flag("version", "switch", "Say which runner this is.", ANY, aliases=("v",)),
    Flag("experiment", "list", "Accepted; no experiment changes this runner.", ANY),
    Flag("strict-control", "list", "Accepted; deprecations are notices here.", ANY),
    Flag("strict-mode", "switch", "Accepted; deprecations are notices here.", ANY),
    Flag("no-tips", "switch", "Accepted; there are no tips.", ANY),
    Flag("all", "switch", "Run in every unit below the working folder.", ANY, aliases=("a",)),
    Flag("graph", "switch", "Run in this unit and all that depend on it."),
    Flag("tf-path", "text", "Terraform's binary.", ANY, "terragrunt-tfpath"),
    Flag(
        "download-dir",
        "text",
        "Where units are copied.",
        ANY,
        "terragrunt-download-dir",
        "TERRAGRUNT_DOWNLOAD",
    ),
    Flag("feature", "list", "Value of a feature flag, as name=value.", ANY),
    Flag(
        "source",
        "text",
        "Module source used instead of the configured one.",
        RUN,
        "terragrunt-source",
    ),
    Flag("source-update", "switch", "Copy the source anew.", RUN, "terragrunt-source-update"),
    Flag(
        "no-auto-init",
        "switch",
        "Never run init by itself.",
        RUN,
        "terragrunt-no-auto-init",
        inverted_env="TERRAGRUNT_AUTO_INIT",
    ),
    Flag(
        "no-auto-approve",
        "switch",
        "Do not add -auto-approve under --all.",
        RUN,
        "terragrunt-no-auto-approve",
        inverted_env="TERRAGRUNT_AUTO_APPROVE",
    ),
    Flag(
        "no-auto-retry",
        "switch",
        "Ignore retry blocks.",
        RUN,
        "terragrunt-no-auto-retry",
        inverted_env="TERRAGRUNT_AUTO_RETRY",
    ),
    Flag(
        "parallelism",
        "number",
        "Units at once; default: the number of CPUs.",
        RUN,
        "terragrunt-parallelism",
    ),
    Flag(
        "queue-include-dir",
        "list",
        "Only these unit folders (globs).",
        ANY,
        "terragrunt-include-dir",
    ),
    Flag(
        "queue-exclude-dir",
        "list",
        "Not these unit folders (globs).",
        ANY,
        "terragrunt-exclude-dir",
    ),
    Flag(
        "queue-excludes-file",
        "text",
        "File of folders to leave out, one a line.",
        ANY,
        "terragrunt-excludes-file",
    ),
    Flag(
        "queue-strict-include",
        "switch",
        "Leave out dependencies of included units.",
        ANY,
        "terragrunt-strict-include",
    ),
    Flag(
        "queue-ignore-errors",
        "switch",
        "Run dependents of a failed unit as well.",
        RUN,
        "terragrunt-ignore-dependency-errors",
    ),
    Flag(
        "queue-ignore-dag-order",
        "switch",
        "Run all units at once.",
        RUN,
        "terragrunt-ignore-dependency-order",
    ),
    Flag(
        "queue-include-external",
        "switch",
        "Also run dependencies outside the folder.",
        ANY,
        "terragrunt-include-external-dependencies",
    ),
    Flag(
        "queue-exclude-external",
        "switch",
        "Never run dependencies outside the folder.",
        ANY,
        "terragrunt-ignore-external-dependencies",
    ),
    Flag(
        "queue-include-units-reading",
        "list",
        "Only units that read these files.",
        ANY,
        "terragrunt-queue-include-units-reading",
    ),
    Flag(
        "units-that-include",
        "list",
        "Only units that include these files.",
        ANY,
        "terragrunt-modules-that-include",
    ),
    Flag(
        "queue-construct-as", "text", "Order the units as for this command.", FIND, aliases=("as",)
    ),
    Flag(
        "filter", "list", "Select units: a path, a glob, name=, ...unit, unit..., !expression.", ANY
    ),
    Flag("fail-fast", "switch", "Start nothing more after a failure.", RUN, "terragrunt-fail-fast"),
    Flag(
        "no-destroy-dependencies-check",
        "switch",
        "Do not look for dependents before a destroy.",
        RUN,
        "terragrunt-no-destroy-dependencies-check",
    ),
    Flag("destroy-dependencies-check", "switch", "Look for dependents before a destroy."),
    Flag("out-dir", "text", "Folder of the plan files.", RUN, "terragrunt-out-dir"),
    Flag("json-out-dir", "text", "Folder of the plans as JSON.", RUN, "terragrunt-json-out-dir"),
    Flag("report-file", "text", "Where the run report goes."),
    Flag("report-format", "text", "csv or json."),
    Flag("report-schema-file", "text", "Where the JSON schema of the report goes."),
    Flag("summary-disable", "switch", "No summary after a run of many units."),
    Flag("summary-per-unit", "switch", "Name each unit and its duration in the summary."),
    Flag(
        "tf-forward-stdout",
        "switch",
        "Terraform's stdout as it is.",
        RUN,
        "terragrunt-forward-tf-stdout",
    ),
    Flag(
        "inputs-debug",
        "switch",
        "Write terragrunt-debug.tfvars.json beside the module.",
        RUN,
        "terragrunt-debug",
    ),
    Flag("backend-bootstrap", "switch", "Make the state bucket if it is missing."),
    Flag(
        "backend-require-bootstrap",
        "switch",
        "Fail if the state bucket is missing.",
        RUN,
        "terragrunt-fail-on-state-bucket-creation",
    ),
    Flag(
        "disable-bucket-update",
        "switch",
        "Never change a bucket that exists.",
        ANY,
        "terragrunt-disable-bucket-update",
    ),
    Flag(
        "dependency-fetch-output-from-state",
        "switch",
        "Accepted: it is what this runner does.",
        RUN,
        "terragrunt-fetch-dependency-output-from-state",
    ),
    Flag(
        "no-dependency-fetch-output-from-state",
        "switch",
        "Read outputs with one terraform output a dependency.",
    ),
    Flag(
        "provider-cache",
        "switch",
        "Share providers between units, one init at a time.",
        RUN,
        "terragrunt-provider-cache",
    ),
    Flag(
        "provider-cache-dir",
        "text",
        "Folder of the shared providers.",
        RUN,
        "terragrunt-provider-cache-dir",
    ),
    Flag("no-auto-provider-cache-dir", "switch", "Accepted; there is no automatic cache."),
    Flag(
        "iam-assume-role",
        "text",
        "Role to assume before Terraform runs.",
        RUN,
        "terragrunt-iam-role",
        "TERRAGRUNT_IAM_ROLE",
    ),
    Flag(
        "iam-assume-role-duration",
        "number",
        "Seconds that role is held.",
        RUN,
        "terragrunt-iam-assume-role-duration",
        "TERRAGRUNT_IAM_ASSUME_ROLE_DURATION",
    ),
    Flag(
        "iam-assume-role-session-name",
        "text",
        "Its session name.",
        RUN,
        "terragrunt-iam-assume-role-session-name",
        "TERRAGRUNT_IAM_ASSUME_ROLE_SESSION_NAME",
    ),
    Flag("no-hooks", "switch", "Run no hooks."),
    Flag("no-stack-generate", "switch", "Accepted; stack files are not supported.", ANY),
    Flag(
        "disable-command-validation",
        "switch",
        "Forward commands that are not known.",
        RUN,
        "terragrunt-disable-command-validation",
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
    Flag("long", "switch", "One unit a line, with its type.", FIND, aliases=("l",)),
    Flag("tree", "switch", "Show as a tree.", FIND, aliases=("T",)),
    Flag(
        "check", "switch", "Change nothing; fail if a file would change.", HCL, "terragrunt-check"
    ),
    Flag("diff", "switch", "Show what changes.", HCL, "terragrunt-diff"),
    Flag("file", "text", "Only this file.", HCL, "terragrunt-hclfmt-file"),
    Flag("stdin", "switch", "Format stdin to stdout.", HCL, "terragrunt-hclfmt-stdin"),
    Flag("exclude-dir", "list", "Leave out these folders.", HCL, "terragrunt-hclfmt-exclude-dir"),
    Flag("inputs", "switch", "Compare inputs with the module's variables.", HCL),
    Flag(
        "strict",
        "switch",
        "Inputs that no variable takes are errors too.",
        HCL,
        "terragrunt-strict-validate",
    ),
    Flag(
        "show-config-path",
        "switch",
        "Print only the paths of invalid files.",
        HCL,
        "terragrunt-hclvalidate-show-config-path",
    ),
    Flag("out", "text", "File for the rendered configuration.", RENDER, "terragrunt-json-out"),
    Flag(
        "write",
        "switch",
        "Write the rendered configuration to its default file.",
        RENDER,
        aliases=("w",),
    ),
    Flag("with-metadata", "switch", "Not supported.", RENDER, "with-metadata"),
    Flag(
        "disable-dependent-modules",
        "switch",
        "Accepted.",
        RENDER,
        "terragrunt-json-disable-dependent-modules",
    ),
)

BY_SPELLING = {spelling: flag for flag in FLAGS for spelling in flag.spellings}
