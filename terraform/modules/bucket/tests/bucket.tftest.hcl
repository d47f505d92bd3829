mock_provider "aws" {
  source = "../../tests/mock"
}

variables {
  bucket = "demo-123456789012-us-west-2"
}

run "objects_are_private_encrypted_and_versioned" {
  assert {
    condition = (
      aws_s3_bucket_public_access_block.this.block_public_acls
      && aws_s3_bucket_public_access_block.this.block_public_policy
      && aws_s3_bucket_public_access_block.this.ignore_public_acls
      && aws_s3_bucket_public_access_block.this.restrict_public_buckets
    )
    error_message = "All four kinds of public access must be blocked."
  }

  assert {
    condition     = aws_s3_bucket_ownership_controls.this.rule[0].object_ownership == "BucketOwnerEnforced"
    error_message = "ACLs must be off."
  }

  assert {
    condition = alltrue([
      for statement in data.aws_iam_policy_document.this.statement :
      statement.effect == "Deny"
      && contains(statement.actions, "s3:*")
      && contains(flatten(statement.principals[*].identifiers), "*")
      && [for condition in statement.condition : "${condition.test} ${condition.variable} ${join(",", condition.values)}"] == ["Bool aws:SecureTransport false"]
      && toset(statement.resources) == toset([aws_s3_bucket.this.arn, "${aws_s3_bucket.this.arn}/*"])
    ])
    error_message = "Requests without TLS must be denied to everyone, for the bucket and its objects."
  }

  assert {
    condition     = aws_s3_bucket_policy.this.policy == data.aws_iam_policy_document.this.json
    error_message = "The policy must be on the bucket."
  }

  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default).sse_algorithm == "AES256"
    error_message = "Objects must be encrypted at rest."
  }

  assert {
    condition     = aws_s3_bucket_versioning.this.versioning_configuration[0].status == "Enabled"
    error_message = "Objects must be versioned."
  }

  assert {
    condition     = aws_s3_bucket.this.force_destroy == false
    error_message = "Destroying a bucket with objects must fail unless asked for."
  }
}

run "what_is_left_behind_expires" {
  variables {
    tags                                   = { Team = "maps" }
    noncurrent_version_expiration_days     = 3
    abort_incomplete_multipart_upload_days = 2
    prefix_expiration_days                 = { "task-tokens/" = 2 }
  }

  assert {
    condition = [
      for rule in aws_s3_bucket_lifecycle_configuration.this[0].rule : rule.noncurrent_version_expiration[0].noncurrent_days
      if length(rule.noncurrent_version_expiration) > 0 && rule.status == "Enabled"
    ] == [3]
    error_message = "Old versions must expire."
  }

  assert {
    condition = [
      for rule in aws_s3_bucket_lifecycle_configuration.this[0].rule : rule.abort_incomplete_multipart_upload[0].days_after_initiation
      if length(rule.abort_incomplete_multipart_upload) > 0 && rule.status == "Enabled"
    ] == [2]
    error_message = "Unfinished uploads must be aborted."
  }

  assert {
    condition = [
      for rule in aws_s3_bucket_lifecycle_configuration.this[0].rule : "${rule.filter[0].prefix} ${rule.expiration[0].days}"
      if length(rule.expiration) > 0 && rule.status == "Enabled" && rule.id == "expire-task-tokens"
    ] == ["task-tokens/ 2"]
    error_message = "Objects under the prefix, and no others, must expire."
  }

  assert {
    condition = [
      for rule in aws_s3_bucket_lifecycle_configuration.this[0].rule : rule.id
      if try(rule.expiration[0].expired_object_delete_marker, false) == true
    ] == ["expire-noncurrent-versions"]
    error_message = "Nothing must be left of an object whose versions are gone."
  }

  assert {
    condition     = aws_s3_bucket.this.tags == tomap({ Team = "maps" })
    error_message = "Tags must be passed through."
  }
}

run "a_short_lived_bucket_has_no_lifecycle_and_goes_with_its_objects" {
  variables {
    force_destroy     = true
    lifecycle_enabled = false
  }

  assert {
    condition     = length(aws_s3_bucket_lifecycle_configuration.this) == 0
    error_message = "There must be no lifecycle rules."
  }

  assert {
    condition     = aws_s3_bucket.this.force_destroy == true
    error_message = "The bucket must be destroyed with its objects."
  }
}

run "rejects_expiring_objects_at_once" {
  command = plan
  variables {
    prefix_expiration_days = { "task-tokens/" = 0 }
  }
  expect_failures = [var.prefix_expiration_days]
}

run "rejects_values_that_do_not_fit" {
  command = plan
  variables {
    # a bucket name with capitals
    bucket = "Demo"
    # expiring versions at once
    noncurrent_version_expiration_days = 0
    # half days for uploads
    abort_incomplete_multipart_upload_days = 1.5
    # expiring everything
    prefix_expiration_days = { "" = 2 }
  }
  expect_failures = [
    var.bucket,
    var.noncurrent_version_expiration_days,
    var.abort_incomplete_multipart_upload_days,
    var.prefix_expiration_days,
  ]
}
