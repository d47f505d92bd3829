################################################################################
# Roles
################################################################################

variable "lambda_role_name" {
  description = "Name of the functions' role"
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[\\w+=,.@-]{1,64}$", var.lambda_role_name))
    error_message = "A role's name has 1 to 64 characters: letters, digits and +=,.@_-"
  }
}

variable "sagemaker_role_name" {
  description = "Name of the role of the pipeline and its jobs"
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[\\w+=,.@-]{1,64}$", var.sagemaker_role_name))
    error_message = "A role's name has 1 to 64 characters: letters, digits and +=,.@_-"
  }
}

variable "tags" {
  description = "Tags of the roles"
  type        = map(string)
  default     = {}
  nullable    = false
}

################################################################################
# What the Roles May Touch
################################################################################

variable "bucket_arn" {
  description = "Bucket whose files the jobs read and write"
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[^:]+:s3:::[^/*]+$", var.bucket_arn))
    error_message = "The bucket ARN must name one bucket."
  }
}

variable "output_prefix" {
  description = "Where in the bucket jobs may write: the first part of their keys"
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[^/*].*/$", var.output_prefix))
    error_message = "The output prefix must be a folder of the bucket, such as outputfiles/."
  }
}

variable "queue_arn" {
  description = "Queue that the pipeline sends callback messages to and the function reads"
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[^:]+:sqs:[^:]+:[0-9]{12}:[^:*]+$", var.queue_arn))
    error_message = "The queue ARN must name one queue."
  }
}

variable "function_arn" {
  description = "Function that the pipeline's Lambda steps invoke"
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[^:]+:lambda:[^:]+:[0-9]{12}:function:[^:*]+$", var.function_arn))
    error_message = "The function ARN must name one function, without a version."
  }
}

variable "log_group_arn" {
  description = "Log group that the function writes to"
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[^:]+:logs:[^:]+:[0-9]{12}:log-group:[^:*]+$", var.log_group_arn))
    error_message = "The log group ARN must name one log group, without :*."
  }
}

variable "pipeline_arn" {
  description = "Pipeline whose callback steps the function answers"
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[^:]+:sagemaker:[^:]+:[0-9]{12}:pipeline/[^/*]+$", var.pipeline_arn))
    error_message = "The pipeline ARN must name one pipeline."
  }
}
