from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from terragrunt_runner.run.init import STAMP, Init, keeps_lock, one_at_a_time, plugin_cache
from terragrunt_runner.run.processes import Command
from terragrunt_runner.run.working_folder import LOCK_FILE
from terragrunt_runner_tests.tree import write


def test_the_plugin_cache_comes_from_the_variable_or_the_cli_configuration(tmp_path: Path) -> None:
    config = tmp_path / "cli.tfrc"
    config.write_text('plugin_cache_dir = "/var/cache/terraform"\n')
    configured = {"TF_CLI_CONFIG_FILE": str(config)}
    assert plugin_cache(configured) == Path("/var/cache/terraform")
    assert plugin_cache({**configured, "TF_PLUGIN_CACHE_DIR": "/other"}) == Path("/other")
    assert plugin_cache({"TF_CLI_CONFIG_FILE": str(tmp_path / "none")}) is None


def test_inits_with_a_plugin_cache_run_one_at_a_time(tmp_path: Path) -> None:
    environment = {"TF_PLUGIN_CACHE_DIR": str(tmp_path / "cache")}
    inside: list[int] = []
    most: list[int] = []

    def init(number: int) -> None:
        with one_at_a_time(environment):
            inside.append(number)
            most.append(len(inside))
            time.sleep(0.005)
            inside.remove(number)

    threads = [threading.Thread(target=init, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 8


def init_of(folder: Path, source_lock: str = "") -> Init:
    return Init(Command(("terraform",), folder, {}), (), source_lock)


@pytest.mark.parametrize(
    ("file", "text", "is_done"),
    [
        ("main.tf", 'resource "aws_s3_bucket" "b" {\n  bucket = "other"\n}\n', True),
        ("main.tf", 'resource "random_id" "b" {}\n', False),
        ("main.tf", 'terraform {\n  required_version = ">= 1"\n}\n', False),
        ("new.tf", 'module "m" {\n  source = "./m"\n}\n', False),
        ("notes.txt", "anything", True),
    ],
)
def test_init_runs_again_when_its_input_has_changed(
    tmp_path: Path, file: str, text: str, is_done: bool
) -> None:
    write(tmp_path, {"main.tf": 'resource "aws_s3_bucket" "b" {\n  bucket = "one"\n}\n'})
    (tmp_path / ".terraform").mkdir()
    init_of(tmp_path).record()
    (tmp_path / file).write_text(text)
    assert init_of(tmp_path).is_done() is is_done


def test_init_runs_again_without_its_results_or_a_valid_stamp(
    tmp_path: Path,
) -> None:
    init = init_of(write(tmp_path, {"main.tf": ""}))
    (tmp_path / ".terraform").mkdir()
    init.record()
    assert init.is_done()
    (tmp_path / ".terraform").rmdir()
    assert not init.is_done()
    (tmp_path / ".terraform").mkdir()
    (tmp_path / STAMP).write_text("{broken")
    assert not init.is_done()


def test_a_lock_file_that_init_extended_is_kept_until_the_source_has_another(
    tmp_path: Path,
) -> None:
    lock = tmp_path / LOCK_FILE
    lock.write_text("completed")
    init_of(tmp_path, "given").record()
    assert keeps_lock(tmp_path, "given")
    assert not keeps_lock(tmp_path, "another")
    lock.write_text("changed by hand")
    assert not keeps_lock(tmp_path, "given")
