################################################################################
# Target
################################################################################

variable "region" {
  description = "AWS region of every resource; SageMaker's geospatial jobs exist in us-west-2 only"
  type        = string
  default     = "us-west-2"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "The region must be the code of an AWS region, such as us-west-2."
  }
}

variable "endpoint_url" {
  description = "Address of an AWS emulator that answers for every service, such as http://127.0.0.1:4566; null means AWS itself"
  type        = string
  default     = null

  validation {
    condition     = var.endpoint_url == null || can(regex("^https?://[^/\\s]+$", var.endpoint_url))
    error_message = "The endpoint URL must be http(s)://host[:port] with no path, or null for AWS."
  }
}

################################################################################
# Names
################################################################################

variable "name_prefix" {
  description = "First part of every resource's name"
  type        = string
  default     = "sagestep"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}$", var.name_prefix))
    error_message = "The name prefix must be 2 to 31 characters: a lowercase letter, then lowercase letters, digits and hyphens."
  }
}

variable "tags" {
  description = "Tags of every resource, besides Project and ManagedBy"
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for key in keys(var.tags) : can(regex("^.{1,128}$", key)) && !startswith(lower(key), "aws:")])
    error_message = "Tag keys must have 1 to 128 characters and must not begin with aws:, which AWS keeps for itself."
  }
}

################################################################################
# Project
################################################################################

variable "project_directory" {
  description = "Folder of the project, with resources/pipelines, resources/workflows and lambda_src; null means the one that terraform/ is in"
  type        = string
  default     = null
}

variable "definitions_directory" {
  description = "Folder of the pipeline definitions that were made by programs: <name>.json takes the place of resources/pipelines/<name>/pipeline.json; null means none"
  type        = string
  default     = null
}

variable "pipelines" {
  description = "Names of the pipelines that are deployed; null means each that the project has"
  type        = set(string)
  default     = null

  validation {
    condition     = var.pipelines == null ? true : length(setsubtract(var.pipelines, keys(local.pipeline_files))) == 0
    error_message = "Each must be a folder in resources/pipelines with a pipeline.json or pipeline.py."
  }
}

variable "default_pipeline" {
  description = "Name of the pipeline that runs where none is named; null means the only one, or the one whose manifest says default: true"
  type        = string
  default     = null

  validation {
    condition     = var.default_pipeline == null ? true : contains(local.pipeline_names, var.default_pipeline)
    error_message = "The default pipeline must be one that is deployed."
  }
}

variable "workflows" {
  description = "Names of the workflows that are deployed; null means each that the project has"
  type        = set(string)
  default     = null

  validation {
    condition     = var.workflows == null ? true : length(setsubtract(var.workflows, local.all_workflows)) == 0
    error_message = "Each must be a folder in resources/workflows with a workflow.asl.json."
  }
}

variable "images" {
  description = "URIs of images by the names that definitions have for them: images.<name>"
  type        = map(string)
  default     = {}
  nullable    = false
}

################################################################################
# Bucket
################################################################################

variable "force_destroy" {
  description = "Whether destroying the bucket deletes the objects in it, instead of failing while there are any"
  type        = bool
  default     = false
  nullable    = false
}

################################################################################
# Queue
################################################################################

variable "max_receive_count" {
  description = "How often a callback message is received before it moves to the dead-letter queue; each look at a running job is one"
  type        = number
  default     = 200
  nullable    = false

  validation {
    condition     = var.max_receive_count >= 1 && var.max_receive_count <= 1000 && floor(var.max_receive_count) == var.max_receive_count
    error_message = "The maximum receive count must be a whole number from 1 to 1000."
  }
}

variable "queue_operator_arns" {
  description = "Users and roles that may move messages from the dead-letter queue of callbacks back to their queue; StartMessageMoveTask sends them as who calls it, and nobody else but pipelines may send"
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.queue_operator_arns : can(regex("^arn:[^:]+:iam::[0-9]{12}:(user|role)/[^*]+$", arn))])
    error_message = "A queue operator must be the ARN of a user or a role, without wildcards."
  }
}

################################################################################
# Functions
################################################################################

variable "lambda_package_directory" {
  description = "Folder that holds the packed functions, one <name>.zip for each, such as start_pipeline.zip"
  type        = string
  default     = "../.sagestep/packages"
  nullable    = false

  validation {
    condition     = length(trimspace(var.lambda_package_directory)) > 0
    error_message = "The package directory must not be empty."
  }
}

variable "log_level" {
  description = "Least severe level that the functions log"
  type        = string
  default     = "INFO"
  nullable    = false

  validation {
    condition     = contains(["DEBUG", "INFO", "WARNING", "ERROR"], var.log_level)
    error_message = "The log level must be DEBUG, INFO, WARNING or ERROR."
  }
}

variable "log_retention_days" {
  description = "Days that the logs of the functions and the state machine are kept"
  type        = number
  default     = 14
  nullable    = false

  validation {
    condition = contains(
      [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653],
      var.log_retention_days,
    )
    error_message = "The log retention must be a number of days that CloudWatch Logs knows: 1, 3, 5, 7, 14, 30, 60, 90, …"
  }
}

################################################################################
# State Machine
################################################################################

variable "pipeline_timeout_seconds" {
  description = "How long the state machine waits for the pipeline; then it fails and the pipeline is stopped. A processing job may take no longer either"
  type        = number
  default     = 21600
  nullable    = false

  validation {
    condition     = var.pipeline_timeout_seconds >= 1 && var.pipeline_timeout_seconds <= 604800 && floor(var.pipeline_timeout_seconds) == var.pipeline_timeout_seconds
    error_message = "The pipeline's timeout must be 1 to 604800 seconds (a week)."
  }
}

variable "pipeline_heartbeat_seconds" {
  description = "How long the state machine waits for a sign of life of the pipeline: of a pipeline whose manifest says heartbeats: true, such as geospatial, whose callback steps send one at each look at a job. Nobody waits for those of another"
  type        = number
  default     = 1800
  nullable    = false

  validation {
    condition     = var.pipeline_heartbeat_seconds >= 1 && floor(var.pipeline_heartbeat_seconds) == var.pipeline_heartbeat_seconds
    error_message = "The pipeline's heartbeat must be a whole number of seconds, at least 1."
  }

  validation {
    condition     = var.pipeline_heartbeat_seconds < var.pipeline_timeout_seconds
    error_message = "The pipeline's heartbeat must be shorter than its timeout: Step Functions refuses any other."
  }
}

variable "tracing_enabled" {
  description = "Whether X-Ray traces the state machine's executions"
  type        = bool
  default     = false
  nullable    = false
}

################################################################################
# Workflows
################################################################################

variable "image_repository_enabled" {
  description = "Whether there is a repository for the image of jobs and models; an emulator without ECR needs false"
  type        = bool
  default     = true
  nullable    = false
}

################################################################################
# Notifications
################################################################################

variable "notification_email" {
  description = "Address that is told of each execution that failed, once its owner has confirmed; null means none"
  type        = string
  default     = null

  validation {
    condition     = var.notification_email == null || can(regex("^[^@\\s]+@[^@\\s]+[.][^@\\s]+$", var.notification_email))
    error_message = "The e-mail address must be one address, such as team@example.com, or null."
  }
}
