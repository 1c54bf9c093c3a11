"""Terragrunt's functions, bound to the file that calls them.

Source: https://terragrunt.gruntwork.io/docs/reference/hcl/functions
"""

from __future__ import annotations

import glob
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from terragrunt_runner import aws
from terragrunt_runner.config.merge import deep_merge
from terragrunt_runner.config.model import Context, Settings
from terragrunt_runner.config.version_constraint import satisfies
from terragrunt_runner.errors import ConfigurationError, ToolchainError
from terragrunt_runner.functions import library
from terragrunt_runner.functions.terragrunt_paths import define_paths
from terragrunt_runner.language.evaluate import evaluate
from terragrunt_runner.language.parser import decode, parse
from terragrunt_runner.language.scope import NULLABLE, Library, Scope
from terragrunt_runner.language.serialise import from_json, to_json
from terragrunt_runner.language.types import STRING
from terragrunt_runner.language.values import InvalidValueError, List, Value, is_null
from terragrunt_runner.run import arguments

ReadConfig = Callable[[Path, Context], Value]


@dataclass(slots=True)
class Host:
    """The state that all functions of a run share.

    ``say`` shows a line of a command's output. ``files_read`` has the files that each unit reads.
    """

    settings: Settings
    read_config: ReadConfig
    working_dir: Callable[[Context], str]
    say: Callable[[str], None]
    files_read: dict[Path, set[Path]] = field(default_factory=dict)
    _results: dict[tuple[str, ...], str] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def mark_as_read(self, context: Context, path: Path) -> None:
        self.files_read.setdefault(context.original, set()).add(path)

    def once(self, key: tuple[str, ...], compute: Callable[[], str]) -> str:
        """Return the result of the first call with this key. Units are read in parallel."""
        with self._lock:
            if key not in self._results:
                self._results[key] = compute()
            return self._results[key]


def functions(context: Context, host: Host) -> Library:
    """Return the functions of Terraform and Terragrunt for one file that a unit reads."""
    found = library()
    define_paths(found, context)
    _define_environment(found, host.settings)
    _define_files(found, context, host)
    _define_commands(found, context, host)
    _define_aws(found, host)
    return found


def _define_environment(found: Library, settings: Settings) -> None:
    @found.define("get_env", STRING, STRING, optional=1)
    def get_env(name: str, *default: str) -> str:
        if not name:
            raise InvalidValueError("the name of a variable is required")
        if name in settings.environment:
            return settings.environment[name]
        if default:
            return default[0]
        raise InvalidValueError(
            f"the environment variable {name} is not set and there is no default"
        )

    @found.define("get_platform")
    def get_platform() -> str:
        return "windows" if sys.platform == "win32" else sys.platform

    @found.define("get_terraform_command")
    def get_terraform_command() -> str:
        return settings.command

    @found.define("get_terraform_cli_args")
    def get_terraform_cli_args() -> Value:
        return List(settings.arguments, STRING)

    @found.define("get_terragrunt_source_cli_flag")
    def get_terragrunt_source_cli_flag() -> str:
        return settings.source

    for name, items in (
        ("get_terraform_commands_that_need_vars", arguments.NEED_VARS),
        ("get_terraform_commands_that_need_locking", arguments.NEED_LOCKING),
        ("get_terraform_commands_that_need_input", arguments.NEED_INPUT),
        ("get_terraform_commands_that_need_parallelism", arguments.NEED_PARALLELISM),
        ("get_default_retryable_errors", arguments.DEFAULT_RETRYABLE_ERRORS),
    ):
        found.define(name)(lambda items=items: List(items, STRING))

    @found.define("constraint_check", STRING, STRING)
    def constraint_check(version: str, constraint: str) -> bool:
        return satisfies(version, constraint)

    @found.define("deep_merge", variadic=NULLABLE)
    def deep_merge_values(*values: Value) -> Value:
        if "deep-merge" not in settings.experiments:
            raise InvalidValueError("requires --experiment deep-merge, as in Terragrunt")
        merged: Any = {}
        for value in values:
            if is_null(value):
                continue
            if not isinstance(value, dict):
                raise InvalidValueError("every argument must be a map or an object")
            merged = deep_merge(merged, dict(value))
        return dict(merged)


def _define_files(found: Library, context: Context, host: Host) -> None:
    @found.define("read_terragrunt_config", STRING, NULLABLE, optional=1)
    def read_terragrunt_config(path: str, *default: Value) -> Value:
        target = context.folder / path
        if target.is_dir():
            target = target / "terragrunt.hcl"
        target = Path(os.path.normpath(target))
        if not target.is_file():
            if default:
                return default[0]
            raise InvalidValueError(f"there is no file {target}")
        host.mark_as_read(context, target)
        return host.read_config(target, context)

    @found.define("read_tfvars_file", STRING)
    def read_tfvars_file(path: str) -> str:
        target = context.folder / path
        if not target.is_file():
            raise InvalidValueError(f"there is no file {target}")
        host.mark_as_read(context, target)
        text = decode(target.read_bytes(), target)
        if target.name.endswith("json"):
            from_json(text)
            return text
        body = parse(text, target)
        if body.blocks:
            block = body.blocks[0]
            raise ConfigurationError(
                "a variable file cannot contain blocks", file=block.file, line=block.line
            )
        plain = Scope({}, {}, target.parent)
        return to_json({n: evaluate(a.expression, plain) for n, a in body.attributes.items()})

    @found.define("mark_as_read", STRING)
    def mark_as_read(path: str) -> str:
        host.mark_as_read(context, Path(os.path.normpath(context.folder / path)))
        return path

    @found.define("mark_glob_as_read", STRING)
    def mark_glob_as_read(pattern: str) -> Value:
        matches = sorted(glob.glob(str(context.folder / pattern), recursive=True))  # noqa: PTH207
        files = [os.path.normpath(match) for match in matches if Path(match).is_file()]
        for file in files:
            host.mark_as_read(context, Path(file))
        return List(files, STRING)

    @found.define("get_working_dir")
    def get_working_dir() -> str:
        return host.working_dir(context)

    @found.define("sops_decrypt_file", STRING)
    def sops_decrypt_file(path: str) -> str:
        target = context.folder / path
        host.mark_as_read(context, target)
        return host.once(("sops", str(target)), lambda: _sops(target, host.settings))


def _define_commands(found: Library, context: Context, host: Host) -> None:
    @found.define("run_cmd", STRING, variadic=STRING)
    def run_cmd(*words: str) -> str:
        options = {"--terragrunt-quiet", "--terragrunt-global-cache", "--terragrunt-no-cache"}
        command = list(words)
        given: set[str] = set()
        while command and command[0] in options:
            given.add(command.pop(0))
        if not command:
            raise InvalidValueError("a command is required")
        where = "" if "--terragrunt-global-cache" in given else str(context.folder)
        quiet = "--terragrunt-quiet" in given

        def run() -> str:
            return _run(command, context.folder, host, quiet=quiet)

        if "--terragrunt-no-cache" in given:
            return run()
        return host.once((where, *command), run)


def _define_aws(found: Library, host: Host) -> None:
    def define(name: str, ask: Callable[[], str]) -> None:
        found.define(name)(lambda: host.once(("aws", name), lambda: _call_aws(ask)))

    environment = host.settings.environment
    define("get_aws_account_id", lambda: _caller(environment)["Account"])
    define("get_aws_caller_identity_arn", lambda: _caller(environment)["Arn"])
    define("get_aws_caller_identity_user_id", lambda: _caller(environment)["UserId"])
    define("get_aws_account_alias", lambda: _account_alias(environment))


def _caller(environment: Mapping[str, str]) -> dict[str, str]:
    return dict(_client("sts", environment).get_caller_identity())


def _account_alias(environment: Mapping[str, str]) -> str:
    aliases: list[str] = _client("iam", environment).list_account_aliases()["AccountAliases"]
    return aliases[0] if aliases else ""


def _client(service: str, environment: Mapping[str, str]) -> Any:
    region = aws.region_of(environment) or "us-east-1"
    return aws.client(aws.session(environment, region=region), service, environment)


def _call_aws(ask: Callable[[], str]) -> str:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return ask()
    except (BotoCoreError, ClientError) as error:
        raise InvalidValueError(f"the call to AWS failed: {error}") from None


def _run(command: list[str], folder: Path, host: Host, *, quiet: bool) -> str:
    try:
        done = _capture(command, host.settings, folder)
    except OSError as error:
        raise InvalidValueError(f"cannot start {command[0]!r}: {error.strerror}") from None
    if not quiet:
        for line in (done.stdout + done.stderr).splitlines():
            host.say(line)
    if done.returncode:
        reason = f"{command[0]!r} ended with {done.returncode}"
        raise InvalidValueError(f"{reason}: {_last_line(done.stderr)}")
    return done.stdout.removesuffix("\n")


def _sops(target: Path, settings: Settings) -> str:
    try:
        done = _capture(["sops", "--decrypt", str(target)], settings)
    except OSError:
        raise ToolchainError(
            f"sops_decrypt_file needs the sops binary to read {target}",
            hint="install sops, from https://getsops.io",
        ) from None
    if done.returncode:
        raise InvalidValueError(f"sops cannot decrypt {target}: {_last_line(done.stderr)}")
    return done.stdout


def _capture(
    command: list[str], settings: Settings, folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    environment = dict(settings.environment)
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def _last_line(output: str) -> str:
    return (output.strip().splitlines() or ["no message"])[-1]
