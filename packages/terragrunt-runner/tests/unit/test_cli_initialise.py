from __future__ import annotations

import threading
import time
from pathlib import Path

from terragrunt_runner.run.init import one_at_a_time, plugin_cache


def test_the_shared_provider_cache_is_where_terraform_is_told_it_is(tmp_path: Path) -> None:
    config = tmp_path / "cli.tfrc"
    config.write_text('plugin_cache_dir = "/var/cache/terraform"\n')
    configured = {"TF_CLI_CONFIG_FILE": str(config)}
    assert plugin_cache(configured) == Path("/var/cache/terraform")
    assert plugin_cache({**configured, "TF_PLUGIN_CACHE_DIR": "/other"}) == Path("/other")
    assert plugin_cache({"TF_CLI_CONFIG_FILE": str(tmp_path / "none")}) is None


def test_inits_that_share_a_provider_cache_run_one_after_the_other(tmp_path: Path) -> None:
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
