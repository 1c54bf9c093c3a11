from __future__ import annotations

from pathlib import Path

from terrarium.policy import skips

MODULE = """\
resource "aws_s3_bucket" "this" {
  #checkov:skip=CKV_AWS_18:These are the logs.
  # checkov:skip=CKV_AWS_144,CKV_AWS_145: One Region is enough.
  bucket = "b"

  lifecycle {
    prevent_destroy = true
  }
  #checkov:skip=CKV2_AWS_62
}

#checkov:skip=CKV_AWS_21:Lost.
data "aws_iam_policy_document" "this" {
  #checkov:skip=CKV_AWS_356:
}
"""


def test_a_skip_belongs_to_the_block_around_it(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(MODULE)
    found = skips.of(tmp_path)
    assert [(s.line, s.address, s.check, s.reason) for s in found] == [
        (2, "aws_s3_bucket.this", "CKV_AWS_18", "These are the logs."),
        (3, "aws_s3_bucket.this", "CKV_AWS_144", "One Region is enough."),
        (3, "aws_s3_bucket.this", "CKV_AWS_145", "One Region is enough."),
        (9, "aws_s3_bucket.this", "CKV2_AWS_62", ""),
        (12, "", "CKV_AWS_21", "Lost."),
        (14, "aws_iam_policy_document.this", "CKV_AWS_356", ""),
    ]


def test_a_skip_without_a_reason_or_a_resource_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(MODULE)
    assert [(s.line, s.problem) for s in skips.of(tmp_path) if s.problem] == [
        (9, "gives no reason"),
        (12, "stands outside of every resource, where it skips nothing"),
        (14, "gives no reason"),
    ]
