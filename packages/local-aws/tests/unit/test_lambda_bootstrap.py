"""The worker's end, in processes of its own: it changes what all of a process shares."""

from __future__ import annotations

import subprocess
import sys
import textwrap

NAME = "_X_AMZN_TRACE_ID"
BEGINNING = f"""
    import os, resource, subprocess, sys
    from local_aws.lambda_runtime.bootstrap import TraceVariable

    TraceVariable().install()

    def inherited():
        return subprocess.run(["printenv", "{NAME}"], capture_output=True, text=True).stdout.strip()
"""


def said(program: str) -> list[str]:
    """The lines that a worker prints which runs this."""
    text = textwrap.dedent(BEGINNING) + textwrap.dedent(program)
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_child_processes_inherit_the_trace_id_of_the_last_invocation() -> None:
    program = f"""
        for number in range(3):
            os.environ["{NAME}"] = f"Root=1-{{number}}"
        print(os.environ["{NAME}"], inherited())
        del os.environ["{NAME}"]
        print("none", inherited())
        os.environ["{NAME}"] = "Root=1-3"
        print(inherited())
    """
    assert said(program) == ["Root=1-2 Root=1-2", "none ", "Root=1-3"]


def test_a_trace_id_of_any_length_is_inherited_whole() -> None:
    program = f"""
        for length in (1_004, 1_005, 1_006, 1_007, 1_008, 5_000, 10):
            os.environ["{NAME}"] = "r" * length
            print(len(inherited()))
    """
    assert said(program) == ["1004", "1005", "1006", "1007", "1008", "5000", "10"]


def test_other_variables_are_set_as_ever() -> None:
    program = """
        os.environ["OTHER"] = "value"
        os.putenv("TEXT", "text")
        print(subprocess.run(["printenv", "OTHER", "TEXT"], capture_output=True, text=True).stdout)
    """
    assert said(program)[:2] == ["value", "text"]


def test_a_hundred_thousand_trace_ids_take_no_memory() -> None:
    program = f"""
        def peak():
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

        before = peak()
        for number in range(100_000):
            os.environ["{NAME}"] = f"Root=1-{{number:08x}}-{{number:024x}}"
        print((peak() - before) * (1 if sys.platform == "darwin" else 1024))
    """
    (grown,) = said(program)
    assert int(grown) < 1_000_000
