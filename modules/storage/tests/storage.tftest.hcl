mock_provider "aws" {
  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::mock" }
  }
}

variables {
  bucket_name    = "test-documents"
  documents_path = "tests/documents"
}

run "every_document_becomes_an_object" {
  assert {
    condition     = keys(aws_s3_object.document) == ["first.json", "second.json"]
    error_message = "Each .json file must be one object of its own name."
  }

  assert {
    condition     = alltrue([for object in aws_s3_object.document : object.content_type == "application/json"])
    error_message = "A document must be served as JSON."
  }

  assert {
    condition     = aws_s3_object.document["first.json"].etag == filemd5("tests/documents/first.json")
    error_message = "A document that changed must be seen as changed."
  }

  assert {
    condition     = output.document_names == ["first", "second"]
    error_message = "The outputs must name the documents as the API does."
  }
}

run "the_bucket_is_private_encrypted_and_versioned" {
  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.this.block_public_acls,
      aws_s3_bucket_public_access_block.this.block_public_policy,
      aws_s3_bucket_public_access_block.this.ignore_public_acls,
      aws_s3_bucket_public_access_block.this.restrict_public_buckets,
    ])
    error_message = "No way to make the bucket public may be open."
  }

  assert {
    condition     = one(aws_s3_bucket_ownership_controls.this.rule).object_ownership == "BucketOwnerPreferred"
    error_message = "The bucket's owner must own what is put into it."
  }

  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default).sse_algorithm == "AES256"
    error_message = "Documents must be encrypted."
  }

  assert {
    condition     = one(aws_s3_bucket_versioning.this.versioning_configuration).status == "Enabled"
    error_message = "A replaced document must remain as an old version."
  }

  assert {
    condition     = aws_s3_bucket.this.force_destroy == false
    error_message = "Documents must not go with a destroy unless it was asked for."
  }
}

run "plain_http_is_refused_for_the_bucket_and_its_objects" {
  assert {
    condition     = jsondecode(aws_s3_bucket_policy.this[0].policy).Statement[0].Effect == "Deny" && jsondecode(aws_s3_bucket_policy.this[0].policy).Statement[0].Condition.Bool["aws:SecureTransport"] == "false"
    error_message = "The policy must deny requests without TLS."
  }

  assert {
    condition     = jsondecode(aws_s3_bucket_policy.this[0].policy).Statement[0].Resource == ["arn:aws:s3:::mock", "arn:aws:s3:::mock/*"]
    error_message = "The policy must cover the bucket and its objects."
  }
}

run "plain_http_can_be_allowed" {
  command = plan

  variables {
    require_tls = false
  }

  assert {
    condition     = length(aws_s3_bucket_policy.this) == 0
    error_message = "Without require_tls there must be no policy."
  }
}

run "a_bucket_name_with_a_dot_is_refused" {
  command = plan

  variables {
    bucket_name = "test.documents"
  }

  expect_failures = [var.bucket_name]
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
