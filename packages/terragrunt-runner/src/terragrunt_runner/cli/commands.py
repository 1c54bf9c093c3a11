"""Every command except ``run`` and ``hcl``. Each function returns the exit code."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from terragrunt_runner import __version__
from terragrunt_runner.cli.log import print_data
from terragrunt_runner.cli.session import Session
from terragrunt_runner.errors import UsageError
from terragrunt_runner.language.serialise import to_hcl, to_json
from terragrunt_runner.run.terraform import FOLLOWS
from terragrunt_runner.state import bucket as state_bucket
from terragrunt_runner.tree import listing, run_queue
from terragrunt_runner.tree.discovery import Tree, discover
from terragrunt_runner.tree.listing import ListingOptions


def version() -> int:
    print_data(
        f"terragrunt-runner {__version__}, not the official binary; it follows the behaviour of "
        f"Terragrunt v{FOLLOWS}"
    )
    return 0


def find(session: Session) -> int:
    tree, options = _listing(session)
    invocation = session.invocation
    if invocation.switch("json") or invocation.text("format") == "json":
        print_data(json.dumps(listing.records(tree, options), indent=2))
        return 0
    for unit in listing.ordered(tree, options):
        print_data(tree.name(unit))
    return 0


def list_units(session: Session) -> int:
    tree, options = _listing(session)
    invocation = session.invocation
    style = invocation.text("format") or "text"
    style = "long" if invocation.switch("long") else style
    style = "tree" if invocation.switch("tree") else style
    if invocation.switch("json") or style == "json":
        print_data(json.dumps(listing.records(tree, options), indent=2))
    else:
        print_data(listing.text(tree, options, style))
    return 0


def dag_graph(session: Session) -> int:
    tree = discover(session.folder, session.reader)
    print_data(listing.dot(tree))
    return 0


def output_module_groups(session: Session) -> int:
    tree = discover(session.folder, session.reader)
    destroy = "destroy" in session.invocation.terraform
    print_data(json.dumps(listing.module_groups(tree, destroy=destroy), indent=2))
    return 0


def render(session: Session) -> int:
    """Print the evaluated configuration, or write it to the file of ``--out`` or ``-w``."""
    invocation = session.invocation
    if invocation.switch("with_metadata"):
        raise UsageError("--with-metadata is not supported by this runner")
    as_json = invocation.switch("json") or invocation.text("format") == "json"
    for unit in session.unit_files():
        value = session.reader.complete_value(unit)
        if as_json:
            text = json.dumps(json.loads(to_json(value)), indent=2)
        else:
            text = "\n".join(
                f"{name} = {to_hcl(value[name])}" for name in sorted(value) if value[name]
            )
        default = "terragrunt.rendered.json" if as_json else "terragrunt.rendered.hcl"
        target = invocation.text("out") or (default if invocation.switch("write") else None)
        if target is None:
            print_data(text)
        else:
            path = Path(os.path.normpath(unit.parent / target))
            path.write_text(text + "\n", "utf-8")
            session.log.info(f"wrote {path}")
    return 0


def info_print(session: Session) -> int:
    unit = session.unit_file()
    config = session.reader.outline(unit)
    source = session.runner.preparation.source_of(config)
    download = session.reader.download_dir(config)
    folder = source.working_folder(download, config.folder) if source else config.folder
    record = {
        "config_path": str(unit),
        "download_dir": str(download),
        "iam_role": config.iam_role or "",
        "terraform_binary": config.terraform_binary or session.terraform,
        "terraform_command": "",
        "working_dir": str(folder),
    }
    print_data(json.dumps(record, indent=2))
    return 0


def backend_bootstrap(session: Session) -> int:
    """Create the state bucket of a unit, or of every unit below the folder."""
    seen: set[str] = set()
    for unit in session.unit_files():
        state = session.reader.outline(unit).remote_state
        if state is None or state.backend != "s3" or state.disable_init:
            continue
        bucket = str(state.config.get("bucket"))
        if bucket in seen:
            continue
        seen.add(bucket)
        update = not session.invocation.switch("disable_bucket_update")
        result = state_bucket.bootstrap(session.runner.states, state.config, update=update)
        session.log.info(f"state bucket {bucket}: {'created' if result.created else 'exists'}")
    if not seen:
        session.log.warn("no unit here has an S3 backend that may be bootstrapped")
    return 0


def execute(session: Session) -> int:
    """Run a program with a unit's inputs in its environment."""
    words = session.invocation.terraform
    if not words:
        raise UsageError("exec needs a program", hint="terragrunt exec -- env")
    config = session.reader.complete(session.unit_file())
    environment = session.runner.preparation.environment(config, "exec")
    try:
        return subprocess.run(list(words), env=environment, check=False).returncode
    except OSError as error:
        raise UsageError(f"cannot start {words[0]!r}: {error.strerror}") from None


def _listing(session: Session) -> tuple[Tree, ListingOptions]:
    invocation = session.invocation
    tree = discover(session.folder, session.reader, hidden=invocation.switch("hidden"))
    command = invocation.text("queue_construct_as") or ""
    words = command.split()
    destroy = bool(words) and words[0] == "destroy"
    read = session.reader.host.files_read
    queue = run_queue.build(
        tree, words[0] if words else "", session.selection(), destroy=destroy, read=read
    )
    options = ListingOptions(
        dag=invocation.switch("dag") or bool(words),
        dependencies=invocation.switch("dependencies"),
        exclude=invocation.switch("exclude"),
        include=invocation.switch("include"),
        external=invocation.switch("external"),
        destroy=destroy,
        read=read if invocation.switch("reading") else None,
        units=frozenset(queue.edges) | (frozenset(tree.external)),
    )
    return tree, options
