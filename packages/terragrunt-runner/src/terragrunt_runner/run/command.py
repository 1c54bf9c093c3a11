"""``run``: one Terraform command in one unit, or in many."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from terragrunt_runner.cli.session import Session
from terragrunt_runner.errors import UsageError
from terragrunt_runner.run import arguments, report
from terragrunt_runner.run.plan_files import PlanFiles
from terragrunt_runner.run.run_all import RunAll, Stopwatch
from terragrunt_runner.tree import graph
from terragrunt_runner.tree import queue as run_queue
from terragrunt_runner.tree.discovery import Tree, check_dependencies, discover
from terragrunt_runner.tree.queue import Queue

_ASKS = ("apply", "destroy", "state", "import", "refresh", "taint", "untaint")


def run(session: Session) -> int:
    """Returns the exit code."""
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
    """Terraform's command first, whatever was written before it."""
    words = session.invocation.terraform
    command = session.invocation.terraform_command
    at = words.index(command)
    return (command, *words[:at], *words[at + 1 :])


def _run_one(session: Session, words: Sequence[str]) -> int:
    unit = session.unit_file()
    check_dependencies(unit, session.reader)
    config = session.reader.outline(unit)
    exclude = config.exclude
    if exclude and exclude.condition and exclude.no_run and exclude.covers(words[0]):
        session.log.info(f"the exclude block of this unit prevents {words[0]}: nothing was run")
        return 0
    if arguments.is_destroy(words) and not session.invocation.switch(
        "no_destroy_dependencies_check"
    ):
        _check_dependents(session, unit)
    plans = _plan_files(session)
    with session.children.handling_signals():
        ended = session.units.run(unit, plans.words(".", words), session.log)
        if ended.reason != "run error":
            plans.as_json(".", words, ended, session.units)
    return ended.code


def _check_dependents(session: Session, unit: Path) -> None:
    """Terragrunt warns of units beside this one that still depend on it, and asks."""
    tree = discover(unit.parent.parent, session.reader)
    left = run_queue.dependents_outside(tree, [unit]).get(unit)
    if not left:
        return
    names = ", ".join(tree.name(user) for user in left)
    session.log.warn(f"units that depend on this one: {names}")
    if session.invocation.switch("non_interactive") or not sys.stdin.isatty():
        return
    _ask("Destroy it all the same?", session)


def _queue(session: Session, words: Sequence[str], tree: Tree) -> Queue:
    return run_queue.build(
        tree,
        words[0],
        session.choice(),
        destroy=arguments.is_destroy(words),
        read=session.reader.host.files_read,
    )


def _run_graph(session: Session, words: Sequence[str]) -> int:
    """The unit in this folder and, transitively, every unit of the repository that needs it."""
    unit = session.unit_file()
    top = next((p for p in unit.parents if (p / ".git").exists()), unit.parent.parent)
    tree = discover(top, session.reader)
    wanted = graph.closure([unit], graph.reversed_edges(tree.edges))
    queue = _queue(session, words, tree)
    left = {node: queue.excluded[node] for node in queue.excluded if node in wanted}
    nodes = [node for node in queue.edges if node in wanted]
    return _run_many(session, words, tree, Queue(graph.restricted(queue.edges, nodes), left))


def _run_many(session: Session, words: Sequence[str], tree: Tree, queue: Queue) -> int:
    if not queue.edges:
        session.log.warn(f"no unit to run in {tree.root}")
        return 0
    _show_queue(session, words, tree, queue)
    if words[0] in _ASKS and not session.invocation.switch("non_interactive"):
        _ask(f"Run 'terragrunt {words[0]}' in each unit of the queue above?", session)
    watch = Stopwatch()
    with session.children.handling_signals():
        runner = RunAll(
            session.units, tree, queue, _plan_files(session), session.pace(), session.log
        )
        runs = runner.run(words)
    invocation = session.invocation
    if not invocation.switch("summary_disable"):
        per_unit = invocation.switch("summary_per_unit")
        for line in ["", *report.summary(runs, watch.seconds, per_unit=per_unit), ""]:
            session.log.raw(line, stdout=False)
    _write_reports(session, runs)
    return report.exit_code(runs, detailed=any("detailed-exitcode" in word for word in words))


def _show_queue(session: Session, words: Sequence[str], tree: Tree, queue: Queue) -> None:
    lines = [f"The runner-pool runner at {tree.root} will be processed in the following order for"]
    lines[0] += f" command {words[0]}:"
    lines += [f"- Unit {tree.name(unit)}" for layer in graph.groups(queue.edges) for unit in layer]
    session.log.info("\n".join(lines))


def _ask(question: str, session: Session) -> None:
    """Raises UsageError unless a person answers yes."""
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
