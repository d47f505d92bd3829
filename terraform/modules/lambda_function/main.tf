resource "aws_lambda_function" "this" {
  function_name    = var.function_name
  description      = var.description
  role             = module.role.arn
  handler          = var.handler
  runtime          = var.runtime
  filename         = var.filename
  source_code_hash = try(filebase64sha256(var.filename), null)
  memory_size      = var.memory_size
  timeout          = var.timeout

  environment {
    variables = var.environment_variables
  }

  # Text leaves the handler's own JSON lines as they are; JSON would wrap them.
  # The reference makes the log group first: Lambda would make one that never expires.
  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.this.name
  }

  tags = var.tags

  # Terraform only warns of this while it destroys, which must work without the package.
  lifecycle {
    precondition {
      condition     = fileexists(var.filename)
      error_message = "There is no package at ${var.filename}: pack the function first."
    }
  }
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/lambda/${var.function_name}"
  retention_in_days = var.retention_in_days

  tags = var.tags
}
