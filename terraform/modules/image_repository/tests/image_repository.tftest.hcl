mock_provider "aws" {
  source = "../../tests/mock"
}

variables {
  name = "demo-scikit"
}

run "images_are_scanned_and_kept_unless_asked_for" {
  variables {
    tags = { Team = "maps" }
  }

  assert {
    condition     = aws_ecr_repository.this.image_scanning_configuration[0].scan_on_push
    error_message = "Images must be scanned when they are pushed."
  }

  assert {
    condition     = aws_ecr_repository.this.force_delete == false
    error_message = "Destroying a repository with images must fail unless asked for."
  }

  assert {
    condition     = aws_ecr_repository.this.tags == tomap({ Team = "maps" })
    error_message = "Tags must be passed through."
  }

  assert {
    condition     = output.url == "123456789012.dkr.ecr.us-west-2.amazonaws.com/mocked"
    error_message = "The address must be the repository's own."
  }
}

run "images_without_a_tag_expire" {
  variables {
    untagged_expiration_days = 3
    force_delete             = true
  }

  assert {
    condition = [
      for rule in jsondecode(aws_ecr_lifecycle_policy.this.policy).rules :
      "${rule.selection.tagStatus} ${rule.selection.countNumber} ${rule.selection.countUnit} ${rule.action.type}"
    ] == ["untagged 3 days expire"]
    error_message = "What has no tag, and nothing else, must expire."
  }

  assert {
    condition     = aws_ecr_lifecycle_policy.this.repository == aws_ecr_repository.this.name && aws_ecr_repository.this.force_delete
    error_message = "The policy must be the repository's, and the repository must go with its images."
  }
}

run "rejects_values_that_do_not_fit" {
  command = plan
  variables {
    # a name with capitals
    name = "Demo"
    # expiring images at once
    untagged_expiration_days = 0
  }
  expect_failures = [
    var.name,
    var.untagged_expiration_days,
  ]
}
