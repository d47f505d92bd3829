locals {
  # Not logs:CreateLogGroup: a function that outlives its log group must not make one that never expires.
  own_statements = {
    WriteLogs = {
      actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      resources = ["${aws_cloudwatch_log_group.this.arn}:log-stream:*"]
    }
  }
}

module "role" {
  source = "../role"

  name        = var.function_name
  description = "Role of the function ${var.function_name}. ${var.description}"

  # AWS does not document that Lambda sends the aws:Source* keys when it assumes a role.
  trusted_services  = { "lambda.amazonaws.com" = { same_account = false } }
  policy_name       = "function"
  policy_statements = merge(local.own_statements, var.policy_statements)

  tags = var.tags
}
