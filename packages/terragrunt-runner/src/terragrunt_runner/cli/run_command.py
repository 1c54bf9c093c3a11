"""``run``: one Terraform command in one unit or in many."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from terragrunt_runner.cli.session import Session
from terragrunt_runner.errors import UsageError
from terragrunt_runner.run import arguments, report
from terragrunt_runner.run.run_all import PlanFiles, RunAll
from terragrunt_runner.tree import graph, run_queue
from terragrunt_runner.tree.discovery import Tree, check_dependencies, discover
from terragrunt_runner.tree.run_queue import RunQueue

_CONFIRMED_COMMANDS = ("apply", "destroy", "state", "import", "refresh", "taint", "untaint")


def run(session: Session) -> int:
    """Run the command. Returns the exit code."""
    words = _words(session)
    invocation = session.invocation
    if invocation.switch("all") and invocation.switch("graph"):
        raise UsageError("--all and --graph exclude each other")
    if invocation.switch("graph"):
        return _run_graph(session, words)
    if invocation.switch("all"):
        tree = discover(session.folder, session.reader)
        return _run_many(session, words, tree, _queue(session, words, tree))
    return _run_one(session, words)


def _words(session: Session) -> tuple[str, ...]:
    """Return Terraform's words; the command comes first."""
    words = session.invocation.terraform
    command = session.invocation.terraform_command
    at = words.index(command)
    return (command, *words[:at], *words[at + 1 :])


def _run_one(session: Session, words: Sequence[str]) -> int:
    unit = session.unit_file()
    check_dependencies(unit, session.reader)
    exclude = session.reader.outline(unit).exclude
    if exclude and exclude.condition and exclude.no_run and exclude.covers(words[0]):
        session.log.info(f"the exclude block of this unit prevents {words[0]}: nothing was run")
        return 0
    if arguments.is_destroy(words):
        _confirm_destroy(session, unit)
    plans = _plan_files(session)
    with session.runner.processes.handling_signals():
        outcome = session.runner.run(unit, plans.add_to(words, "."), session.log)
        plans.write_json(".", words, outcome, session.runner)
    return outcome.code


def _confirm_destroy(session: Session, unit: Path) -> None:
    """Warn of dependents among the neighbouring units and ask, as Terragrunt does."""
    if session.invocation.switch("no_destroy_dependencies_check"):
        return
    tree = discover(unit.parent.parent, session.reader)
    dependents = graph.reversed_edges(tree.edges).get(unit)
    if not dependents:
        return
    names = ", ".join(tree.name(dependent) for dependent in dependents)
    session.log.warn(f"units that depend on this one: {names}")
    if sys.stdin.isatty() and not session.invocation.switch("non_interactive"):
        _ask("Destroy it anyway?", session)


def _queue(session: Session, words: Sequence[str], tree: Tree) -> RunQueue:
    return run_queue.build(
        tree,
        words[0],
        session.selection(),
        destroy=arguments.is_destroy(words),
        read=session.reader.host.files_read,
    )


def _run_graph(session: Session, words: Sequence[str]) -> int:
    """Run in the unit of this folder and in its direct and indirect dependents."""
    unit = session.unit_file()
    root = next((p for p in unit.parents if (p / ".git").exists()), unit.parent.parent)
    tree = discover(root, session.reader)
    wanted = graph.closure([unit], graph.reversed_edges(tree.edges))
    queue = _queue(session, words, tree)
    excluded = {node: why for node, why in queue.excluded.items() if node in wanted}
    edges = graph.restricted(queue.edges, [node for node in queue.edges if node in wanted])
    return _run_many(session, words, tree, RunQueue(edges, excluded))


def _run_many(session: Session, words: Sequence[str], tree: Tree, queue: RunQueue) -> int:
    invocation = session.invocation
    if not queue.edges:
        session.log.warn(f"no unit to run in {tree.root}")
        return 0
    _show_queue(session, words, tree, queue)
    if words[0] in _CONFIRMED_COMMANDS and not invocation.switch("non_interactive"):
        _ask(f"Run 'terragrunt {words[0]}' in each unit of the queue above?", session)
    started = time.monotonic()
    with session.runner.processes.handling_signals():
        runs = RunAll(
            session.runner,
            tree,
            queue,
            _plan_files(session),
            session.queue_options(),
            session.log,
        ).run(words)
    if not invocation.switch("summary_disable"):
        per_unit = invocation.switch("summary_per_unit")
        lines = report.summary(runs, time.monotonic() - started, per_unit=per_unit)
        for line in ["", *lines, ""]:
            session.log.raw(line, stdout=False)
    _write_reports(session, runs)
    return report.exit_code(runs, detailed=arguments.has_flag(words, "-detailed-exitcode"))


def _show_queue(session: Session, words: Sequence[str], tree: Tree, queue: RunQueue) -> None:
    lines = [
        f"The runner-pool runner at {tree.root} will be processed in the following order for"
        f" command {words[0]}:"
    ]
    lines += [f"- Unit {tree.name(unit)}" for layer in graph.groups(queue.edges) for unit in layer]
    session.log.info("\n".join(lines))


def _ask(question: str, session: Session) -> None:
    """Raise UsageError unless the user answers yes."""
    if not sys.stdin.isatty():
        raise UsageError(
            "this needs an answer, and there is no terminal to ask on", hint="add --non-interactive"
        )
    session.log.raw(f"{question} (y/n)", stdout=False)
    answer = sys.stdin.readline().strip().lower()
    if answer not in ("y", "yes"):
        raise UsageError("not confirmed: nothing was run")


def _plan_files(session: Session) -> PlanFiles:
    def folder(name: str) -> Path | None:
        given = session.invocation.text(name)
        return Path(os.path.normpath(session.folder / given)) if given else None

    return PlanFiles(folder("out_dir"), folder("json_out_dir"))


def _write_reports(session: Session, runs: Sequence[report.UnitRun]) -> None:
    invocation = session.invocation
    target = invocation.text("report_file")
    if target:
        report.write(session.folder / target, runs, invocation.text("report_format"))
    schema = invocation.text("report_schema_file")
    if schema:
        (session.folder / schema).write_text(report.schema(), "utf-8")
