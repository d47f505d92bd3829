mock_provider "aws" {
  source = "../../tests/mock"
}

variables {
  name        = "demo"
  description = "Demonstrates"
  policy_name = "demonstration"
  trusted_services = {
    "states.amazonaws.com" = { source_arn = "arn:aws:states:us-west-2:123456789012:stateMachine:demo" }
    "lambda.amazonaws.com" = { same_account = false }
  }
  policy_statements = {
    ReadInput = { actions = ["s3:GetObject"], resources = ["arn:aws:s3:::demo/samplefiles/*"] }
    PassRole = {
      actions    = ["iam:PassRole"]
      resources  = ["arn:aws:iam::123456789012:role/other"]
      conditions = [{ test = "StringEquals", variable = "iam:PassedToService", values = ["sagemaker.amazonaws.com"] }]
    }
  }
}

run "services_may_assume_the_role_within_their_limits" {
  assert {
    condition = {
      for statement in data.aws_iam_policy_document.trust.statement : join(",", flatten(statement.principals[*].identifiers)) => [
        join(",", statement.actions),
        join(",", [for condition in statement.condition : "${condition.test} ${condition.variable} ${join(",", condition.values)}"]),
      ]
      } == {
      "lambda.amazonaws.com" = ["sts:AssumeRole", ""]
      "states.amazonaws.com" = ["sts:AssumeRole", "ArnLike aws:SourceArn arn:aws:states:us-west-2:123456789012:stateMachine:demo,StringEquals aws:SourceAccount 123456789012"]
    }
    error_message = "Each service must act for this account and this resource, unless it does not say for whom it acts."
  }
}

run "the_policy_has_its_statements_and_no_other" {
  variables {
    tags = { Team = "maps" }
  }

  assert {
    condition = {
      for statement in data.aws_iam_policy_document.this.statement : statement.sid => [
        join(",", statement.actions),
        join(",", statement.resources),
        join(",", [for condition in statement.condition : "${condition.test} ${condition.variable} ${join(",", condition.values)}"]),
      ]
      } == {
      ReadInput = ["s3:GetObject", "arn:aws:s3:::demo/samplefiles/*", ""]
      PassRole  = ["iam:PassRole", "arn:aws:iam::123456789012:role/other", "StringEquals iam:PassedToService sagemaker.amazonaws.com"]
    }
    error_message = "The policy must hold what it was given."
  }

  assert {
    condition     = aws_iam_role_policy.this.role == "demo" && aws_iam_role_policy.this.name == "demonstration" && aws_iam_role_policy.this.policy == data.aws_iam_policy_document.this.json
    error_message = "The policy must be on the role."
  }

  assert {
    condition     = aws_iam_role.this.assume_role_policy == data.aws_iam_policy_document.trust.json && aws_iam_role.this.tags == tomap({ Team = "maps" })
    error_message = "The role must have its trust policy and its tags."
  }
}

run "rejects_a_statement_about_nothing" {
  command = plan
  variables {
    policy_statements = { Nothing = { actions = ["s3:GetObject"], resources = [] } }
  }
  expect_failures = [var.policy_statements]
}

run "rejects_values_that_do_not_fit" {
  command = plan
  variables {
    # a name with spaces
    name = "demo role"
    # a long description
    description = format("%1001s", "")
    # an account for a service
    trusted_services = { "123456789012" = {} }
    # every action
    policy_statements = { All = { actions = ["s3:*"], resources = ["arn:aws:s3:::demo"] } }
  }
  expect_failures = [
    var.name,
    var.description,
    var.trusted_services,
    var.policy_statements,
  ]
}
