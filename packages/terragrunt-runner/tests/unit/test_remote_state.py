from __future__ import annotations

from pathlib import Path

from terragrunt_runner.config.model import Place, RemoteState
from terragrunt_runner.config.remote_state import generated_backend, init_arguments

HERE = Place(Path("terragrunt.hcl"), 7)


def test_a_generated_backend_has_no_settings_of_terragrunt() -> None:
    config = {
        "bucket": "b",
        "use_lockfile": True,
        "assume_role": {"role_arn": "arn"},
        "skip_bucket_versioning": True,
        "profile": None,
    }
    state = RemoteState("s3", config, HERE, ("backend.tf", "overwrite"))
    file = generated_backend(state)
    assert file is not None
    assert " ".join(file.contents.split()) == (
        'terraform { backend "s3" { assume_role = { role_arn = "arn" } bucket = "b" '
        "use_lockfile = true } }"
    )
    assert init_arguments(state) == ()


def test_a_backend_that_is_not_generated_is_configured_by_init() -> None:
    state = RemoteState("s3", {"bucket": "b", "encrypt": True}, HERE)
    assert init_arguments(state) == ("-backend-config=bucket=b", "-backend-config=encrypt=true")
    state = RemoteState("s3", {"bucket": "b"}, HERE, disable_init=True)
    assert init_arguments(state) == ("-backend=false",)
