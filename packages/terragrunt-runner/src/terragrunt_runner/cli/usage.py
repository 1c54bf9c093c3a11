"""``--help``."""

from __future__ import annotations

from terragrunt_runner.cli.command_line import SHORTCUTS
from terragrunt_runner.cli.flags import ANY, FIND, FLAGS, HCL, RENDER, RUN
from terragrunt_runner.run.terraform_version import FOLLOWS

_COMMANDS = (
    ("run", "run a Terraform command; --all runs it in every unit below, in dependency order"),
    ("exec", "run any program with the unit's inputs in its environment"),
    ("find", "name the units below this folder"),
    ("list", "the same as a list, table, tree or graph"),
    ("dag graph", "the graph of units for Graphviz"),
    ("render", "print the unit's configuration, evaluated and merged"),
    ("hcl fmt", "bring configuration files into standard form"),
    ("hcl validate", "say what is wrong with configuration files"),
    ("info print", "where the unit's working folder and download folder are"),
    ("backend bootstrap", "make the state bucket"),
    ("output-module-groups", "which units may run at the same time"),
    ("version", "say which runner this is"),
)
_SECTIONS = (
    ("Flags of every command", ANY),
    ("Flags of run", RUN),
    ("Flags of find and list", FIND),
    ("Flags of hcl", HCL),
    ("Flags of render", RENDER),
)


def text() -> str:
    lines = [
        f"Terrarium's Terragrunt-compatible runner; it follows Terragrunt v{FOLLOWS}.",
        "",
        "Usage: terragrunt [flags] COMMAND [flags] [-- Terraform's arguments]",
        "",
        "Commands:",
        *(f"  {name:<22}{what}" for name, what in _COMMANDS),
        "",
        f"Without run: {', '.join(SHORTCUTS)}",
    ]
    for title, scope in _SECTIONS:
        lines += ["", f"{title} (each also as TG_…):"]
        for flag in FLAGS:
            if flag.scope == scope:
                value = "" if flag.kind == "switch" else " VALUE"
                lines.append(f"  --{flag.name + value:<42} {flag.help}")
    return "\n".join(lines)
