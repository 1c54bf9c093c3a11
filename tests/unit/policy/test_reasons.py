from __future__ import annotations

from pathlib import Path

import pytest

from terrarium.errors import ConfigurationError
from terrarium.policy import reasons

RULES = ("open-routes", "wildcards")


def write(folder: Path, text: str) -> Path:
    file = folder / "policy.toml"
    file.write_text(text)
    return file


def test_reasons_are_read_by_rule_and_key(tmp_path: Path) -> None:
    file = write(tmp_path, '[wildcards]\n"app/aws_iam_policy.this Read" = "No narrower form."\n')
    assert reasons.read(RULES, file) == {
        "wildcards": {"app/aws_iam_policy.this Read": "No narrower form."}
    }


def test_without_a_file_there_are_no_reasons(tmp_path: Path) -> None:
    assert reasons.read(RULES, tmp_path / "policy.toml") == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[wildcard]\n"a" = "b"\n', "there is no rule 'wildcard'"),
        ('wildcards = "all"\n', "wildcards is not a table"),
        ('[wildcards]\n"a" = " "\n', "wildcards: 'a' has no reason"),
        ('[wildcards]\n"a" = true\n', "wildcards: 'a' has no reason"),
        ("[wildcards\n", "not TOML"),
    ],
)
def test_what_is_no_reason_is_refused_with_the_file(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message) as raised:
        reasons.read(RULES, write(tmp_path, text))
    assert raised.value.file == tmp_path / "policy.toml"
