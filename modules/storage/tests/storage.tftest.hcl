mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = {
      account_id = "000000000000"
      arn        = "arn:aws:sts::000000000000:assumed-role/deployer/session"
    }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_region" {
    defaults = { name = "eu-west-1" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::000000000000:role/mock" }
  }

  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:eu-west-1:000000000000:key/mock" }
  }

  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::mock" }
  }
}

variables {
  bucket_name           = "test-documents"
  documents_path        = "tests/documents"
  replication_role_name = "test-replication"
}

run "every_document_becomes_an_object" {
  assert {
    condition     = keys(aws_s3_object.document) == ["first.json", "second.json"]
    error_message = "Each .json file must be one object of its own name."
  }

  assert {
    condition     = alltrue([for object in aws_s3_object.document : object.content_type == "application/json" && object.checksum_algorithm == "SHA256"])
    error_message = "A document must be served as JSON, and stored with a checksum."
  }

  assert {
    condition     = aws_s3_object.document["first.json"].source_hash == filesha256("tests/documents/first.json")
    error_message = "A document that changed must be seen as changed."
  }

  assert {
    condition     = aws_s3_object.document["first.json"].metadata == tomap({ sha256 = filesha256("tests/documents/first.json") })
    error_message = "An object that somebody else has overwritten must be seen as changed."
  }

  assert {
    condition     = output.document_names == ["first", "second"]
    error_message = "The outputs must name the documents as the API does."
  }
}

run "the_bucket_is_private_and_versioned" {
  assert {
    condition = alltrue(flatten([
      for block in [aws_s3_bucket_public_access_block.this, aws_s3_bucket_public_access_block.logs, aws_s3_bucket_public_access_block.replica] :
      [block.block_public_acls, block.block_public_policy, block.ignore_public_acls, block.restrict_public_buckets]
    ]))
    error_message = "No way to make a bucket public may be open."
  }

  assert {
    condition     = one(aws_s3_bucket_ownership_controls.this.rule).object_ownership == "BucketOwnerPreferred"
    error_message = "The bucket's owner must own what is put into it."
  }

  assert {
    condition     = one(aws_s3_bucket_versioning.this.versioning_configuration).status == "Enabled" && one(aws_s3_bucket_versioning.replica.versioning_configuration).status == "Enabled"
    error_message = "A replaced document must remain as an old version, here and in the replica."
  }

  assert {
    condition     = !aws_s3_bucket.this.force_destroy && !aws_s3_bucket.logs.force_destroy && !aws_s3_bucket.replica.force_destroy
    error_message = "What the buckets hold must not go with a destroy unless it was asked for."
  }
}

run "s3_encrypts_every_bucket_unless_told_otherwise" {
  assert {
    condition = alltrue([
      for encryption in [
        aws_s3_bucket_server_side_encryption_configuration.this,
        aws_s3_bucket_server_side_encryption_configuration.logs,
        aws_s3_bucket_server_side_encryption_configuration.replica,
      ] : one(one(encryption.rule).apply_server_side_encryption_by_default).sse_algorithm == "AES256"
    ])
    error_message = "Every bucket must be encrypted."
  }

  assert {
    condition     = length(aws_kms_key.this) == 0 && output.kms_key_arn == null
    error_message = "A key that encrypts nothing must not be paid for."
  }
}

run "a_key_of_our_own_encrypts_documents_and_replicas" {
  variables {
    encryption = "kms"
  }

  assert {
    condition = alltrue([
      for encryption in [aws_s3_bucket_server_side_encryption_configuration.this, aws_s3_bucket_server_side_encryption_configuration.replica] :
      one(encryption.rule).bucket_key_enabled && one(one(encryption.rule).apply_server_side_encryption_by_default).kms_master_key_id == aws_kms_key.this[0].arn
    ])
    error_message = "Both buckets must use the key, and a bucket key with it."
  }

  assert {
    condition     = aws_s3_object.document["first.json"].kms_key_id == aws_kms_key.this[0].arn
    error_message = "A document that is there already must be encrypted anew."
  }

  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.logs.rule).apply_server_side_encryption_by_default).sse_algorithm == "AES256"
    error_message = "S3 can deliver logs only to a bucket without a key."
  }

  assert {
    condition     = aws_kms_key.this[0].enable_key_rotation && output.kms_key_arn == aws_kms_key.this[0].arn
    error_message = "The key must be rotated, and readers must learn of it."
  }

  assert {
    condition     = jsondecode(aws_kms_key.this[0].policy).Statement[*].Principal.AWS == ["arn:aws:iam::000000000000:root"]
    error_message = "Nobody outside the account may use the key."
  }

  assert {
    condition     = one(one(one(aws_s3_bucket_replication_configuration.this.rule).source_selection_criteria).sse_kms_encrypted_objects).status == "Enabled"
    error_message = "What the key encrypts must be replicated too."
  }

  assert {
    condition     = one(one(one(aws_s3_bucket_replication_configuration.this.rule).destination).encryption_configuration).replica_kms_key_id == aws_kms_key.this[0].arn
    error_message = "Replicas must be encrypted by the key."
  }

  assert {
    condition = [
      for statement in jsondecode(aws_iam_role_policy.replication.policy).Statement : [statement.Resource, statement.Condition.StringEquals["kms:ViaService"]]
      if statement.Sid == "UseTheKeyForTheseBuckets"
    ] == [["arn:aws:kms:eu-west-1:000000000000:key/mock", "s3.eu-west-1.amazonaws.com"]]
    error_message = "Replication must reach the key through S3, and no other key."
  }
}

run "old_versions_logs_and_broken_uploads_go" {
  command = plan

  variables {
    log_retention_days = 30
    old_version_days   = 14
  }

  assert {
    condition = alltrue([
      for lifecycle in [aws_s3_bucket_lifecycle_configuration.this, aws_s3_bucket_lifecycle_configuration.replica] :
      one(one(lifecycle.rule).noncurrent_version_expiration).noncurrent_days == 14 && length(one(lifecycle.rule).expiration) == 0
    ])
    error_message = "Old versions must go after their time, and nothing that is current ever."
  }

  assert {
    condition     = one(one(aws_s3_bucket_lifecycle_configuration.logs.rule).expiration).days == 30
    error_message = "Logs must go after their time."
  }

  assert {
    condition = alltrue([
      for lifecycle in [aws_s3_bucket_lifecycle_configuration.this, aws_s3_bucket_lifecycle_configuration.logs, aws_s3_bucket_lifecycle_configuration.replica] :
      one(one(lifecycle.rule).abort_incomplete_multipart_upload).days_after_initiation == 1
    ])
    error_message = "An upload that broke must not be paid for."
  }
}

run "a_removed_document_stays_in_the_replica" {
  assert {
    condition     = one(aws_s3_bucket_replication_configuration.this.rule).status == "Enabled" && one(one(aws_s3_bucket_replication_configuration.this.rule).delete_marker_replication).status == "Disabled"
    error_message = "Documents must be replicated, and their removal not."
  }

  assert {
    condition     = output.replica_bucket_name == "test-documents-replica"
    error_message = "Whoever recovers a document must find the replica."
  }
}

run "replication_reads_one_bucket_and_only_adds_to_the_other" {
  variables {
    permissions_boundary_arn = "arn:aws:iam::000000000000:policy/boundary"
  }

  assert {
    condition = {
      for statement in jsondecode(aws_iam_role_policy.replication.policy).Statement : statement.Sid => statement.Resource
      } == {
      ReadTheConfiguration = "arn:aws:s3:::test-documents"
      ReadVersions         = "arn:aws:s3:::test-documents/*"
      WriteReplicas        = "arn:aws:s3:::test-documents-replica/*"
    }
    error_message = "The role must reach nothing but these two buckets."
  }

  assert {
    condition     = !can(regex("\\*|Delete", join(" ", flatten(jsondecode(aws_iam_role_policy.replication.policy).Statement[*].Action))))
    error_message = "Every action must be named, and none may remove."
  }

  assert {
    condition     = jsondecode(aws_iam_role.replication.assume_role_policy).Statement[0].Principal == { Service = "s3.amazonaws.com" } && aws_iam_role.replication.permissions_boundary == "arn:aws:iam::000000000000:policy/boundary"
    error_message = "Nobody but S3 may take the role, and within the boundary only."
  }
}

run "plain_http_is_refused_for_every_bucket_and_its_objects" {
  command = plan

  assert {
    condition = [
      for policy in [aws_s3_bucket_policy.this, aws_s3_bucket_policy.logs, aws_s3_bucket_policy.replica] : [
        for statement in jsondecode(policy.policy).Statement : statement.Resource
        if statement.Effect == "Deny" && statement.Principal == "*" && statement.Action == "s3:*" && try(statement.Condition.Bool["aws:SecureTransport"], "") == "false"
      ]
      ] == [
      [["arn:aws:s3:::test-documents", "arn:aws:s3:::test-documents/*"]],
      [["arn:aws:s3:::test-documents-logs", "arn:aws:s3:::test-documents-logs/*"]],
      [["arn:aws:s3:::test-documents-replica", "arn:aws:s3:::test-documents-replica/*"]],
    ]
    error_message = "The policies must deny every request without TLS."
  }
}

run "s3_delivers_the_logs_of_these_two_buckets_alone" {
  command = plan

  assert {
    condition     = aws_s3_bucket_logging.this.target_prefix == "documents/" && aws_s3_bucket_logging.replica.target_prefix == "replica/"
    error_message = "Each bucket must log below a prefix of its own."
  }

  assert {
    condition = {
      for statement in jsondecode(aws_s3_bucket_policy.logs.policy).Statement :
      statement.Resource => [statement.Principal.Service, statement.Condition.ArnLike["aws:SourceArn"], statement.Condition.StringEquals["aws:SourceAccount"]]
      if statement.Effect == "Allow"
      } == {
      "arn:aws:s3:::test-documents-logs/documents/*" = ["logging.s3.amazonaws.com", "arn:aws:s3:::test-documents", "000000000000"]
      "arn:aws:s3:::test-documents-logs/replica/*"   = ["logging.s3.amazonaws.com", "arn:aws:s3:::test-documents-replica", "000000000000"]
    }
    error_message = "Nobody but S3, for these buckets of this account, may write logs."
  }
}

run "documents_can_be_read_from_anywhere_unless_an_endpoint_is_given" {
  command = plan

  assert {
    condition     = jsondecode(aws_s3_bucket_policy.this.policy).Statement[*].Sid == ["RefusePlainHttp"]
    error_message = "Without an endpoint there must be no further refusal."
  }
}

run "documents_can_be_read_through_one_endpoint_and_by_deployers_alone" {
  command = plan

  variables {
    deployer_arns   = ["arn:aws:iam::000000000000:role/planner"]
    vpc_endpoint_id = "vpce-mock"
  }

  assert {
    condition = [
      for policy in [aws_s3_bucket_policy.this, aws_s3_bucket_policy.replica] : [
        for statement in jsondecode(policy.policy).Statement : statement.Resource if statement.Sid == "RefuseReadsFromElsewhere"
      ]
    ] == [["arn:aws:s3:::test-documents/*"], ["arn:aws:s3:::test-documents-replica/*"]]
    error_message = "The documents and their replicas must be kept to the endpoint."
  }

  assert {
    condition     = jsondecode(aws_s3_bucket_policy.this.policy).Statement[0].Condition.StringNotEquals == { "aws:SourceVpce" = "vpce-mock" }
    error_message = "The endpoint itself must remain open."
  }

  assert {
    condition = jsondecode(aws_s3_bucket_policy.this.policy).Statement[0].Condition.ArnNotLike["aws:PrincipalArn"] == [
      "arn:aws:iam::000000000000:role/*/deployer",
      "arn:aws:iam::000000000000:role/deployer",
      "arn:aws:iam::000000000000:role/planner",
    ]
    error_message = "Whoever applies, by whatever path his role has, and the listed deployers must not be locked out."
  }
}

run "the_policy_does_not_depend_on_which_listed_deployer_plans" {
  command = plan

  variables {
    deployer_arns   = ["arn:aws:iam::000000000000:role/planner", "arn:aws:iam::000000000000:role/ci/deployer"]
    vpc_endpoint_id = "vpce-mock"
  }

  assert {
    condition = jsondecode(aws_s3_bucket_policy.this.policy).Statement[0].Condition.ArnNotLike["aws:PrincipalArn"] == [
      "arn:aws:iam::000000000000:role/ci/deployer",
      "arn:aws:iam::000000000000:role/planner",
    ]
    error_message = "A deployer who is listed must not be added again."
  }
}

run "a_bucket_name_with_a_dot_is_refused" {
  command = plan

  variables {
    bucket_name = "test.documents"
  }

  expect_failures = [var.bucket_name]
}

run "a_session_as_a_deployer_is_refused" {
  command = plan

  variables {
    deployer_arns = ["arn:aws:sts::000000000000:assumed-role/deployer/session"]
  }

  expect_failures = [var.deployer_arns]
}

run "an_absolute_path_is_refused" {
  command = plan

  variables {
    documents_path = "/documents"
  }

  expect_failures = [var.documents_path]
}

run "a_folder_without_documents_is_refused" {
  command = plan

  variables {
    documents_path = "tests/none"
  }

  expect_failures = [var.documents_path]
}

run "a_document_that_is_not_json_is_refused" {
  command = plan

  variables {
    documents_path = "tests/broken"
  }

  expect_failures = [var.documents_path]
}

run "an_unknown_encryption_is_refused" {
  command = plan

  variables {
    encryption = "none"
  }

  expect_failures = [var.encryption]
}

run "half_a_day_of_logs_is_refused" {
  command = plan

  variables {
    log_retention_days = 0.5
  }

  expect_failures = [var.log_retention_days]
}

run "old_versions_that_go_at_once_are_refused" {
  command = plan

  variables {
    old_version_days = 0
  }

  expect_failures = [var.old_version_days]
}

run "a_boundary_that_is_no_policy_is_refused" {
  command = plan

  variables {
    permissions_boundary_arn = "arn:aws:iam::000000000000:role/boundary"
  }

  expect_failures = [var.permissions_boundary_arn]
}

run "a_role_name_that_aws_would_refuse_is_refused" {
  command = plan

  variables {
    replication_role_name = "role/name"
  }

  expect_failures = [var.replication_role_name]
}

run "an_endpoint_that_is_none_is_refused" {
  command = plan

  variables {
    vpc_endpoint_id = "vpc-mock"
  }

  expect_failures = [var.vpc_endpoint_id]
}
