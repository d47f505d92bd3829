################################################################################
# Roles
################################################################################

variable "geospatial_role_name" {
  description = "Name of the geospatial function's role"
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[\\w+=,.@-]{1,64}$", var.geospatial_role_name))
    error_message = "A role's name has 1 to 64 characters: letters, digits and +=,.@_-"
  }
}

variable "start_pipeline_role_name" {
  description = "Name of the start function's role"
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[\\w+=,.@-]{1,64}$", var.start_pipeline_role_name))
    error_message = "A role's name has 1 to 64 characters: letters, digits and +=,.@_-"
  }
}

variable "answer_task_role_name" {
  description = "Name of the answer function's role"
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[\\w+=,.@-]{1,64}$", var.answer_task_role_name))
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

variable "jobs_role_name" {
  description = "Name of the role of the workflows' jobs and models"
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[\\w+=,.@-]{1,64}$", var.jobs_role_name))
    error_message = "A role's name has 1 to 64 characters: letters, digits and +=,.@_-"
  }
}

variable "geocoding_role_name" {
  description = "Name of the role of the pipeline's processing jobs"
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[\\w+=,.@-]{1,64}$", var.geocoding_role_name))
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
# Geocoder
################################################################################

variable "geocoder" {
  description = "What jobs the pipeline runs: vector_enrichment, of SageMaker geospatial, or processing; nobody may do what only the other one needs"
  type        = string
  nullable    = false

  validation {
    condition     = contains(["vector_enrichment", "processing"], var.geocoder)
    error_message = "The geocoder must be vector_enrichment or processing."
  }
}

################################################################################
# Files
################################################################################

variable "bucket_arn" {
  description = "Bucket of the jobs' files and of the task tokens"
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[^:]+:s3:::[^/*]+$", var.bucket_arn))
    error_message = "The bucket ARN must name one bucket."
  }
}

variable "input_prefix" {
  description = "Where in the bucket jobs may read: the first part of their keys"
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[^/*].*/$", var.input_prefix))
    error_message = "The input prefix must be a folder of the bucket, such as samplefiles/."
  }
}

variable "output_prefix" {
  description = "Where in the bucket jobs may read and write: the first part of their keys"
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[^/*].*/$", var.output_prefix))
    error_message = "The output prefix must be a folder of the bucket, such as outputfiles/."
  }
}

variable "task_token_prefix" {
  description = "Where in the bucket the task tokens are: the first part of their keys; jobs may not read there"
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[^/*].*/$", var.task_token_prefix))
    error_message = "The task token prefix must be a folder of the bucket, such as task-tokens/."
  }
}

variable "job_data_prefix" {
  description = "Where in the bucket the workflows' jobs may read: the first part of their keys"
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[^/*].*/$", var.job_data_prefix))
    error_message = "The jobs' data prefix must be a folder of the bucket, such as workflows/."
  }
}

variable "job_output_prefix" {
  description = "Where in the bucket the workflows' jobs may write: the first part of their keys"
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[^/*].*/$", var.job_output_prefix)) && startswith(var.job_output_prefix, var.job_data_prefix)
    error_message = "The jobs' output prefix must be a folder of the bucket within their data prefix: one job reads what another wrote."
  }
}

################################################################################
# What the Roles May Touch
################################################################################

variable "queue_arn" {
  description = "Queue that the pipeline sends callback messages to and the geospatial function reads"
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[^:]+:sqs:[^:]+:[0-9]{12}:[^:*]+$", var.queue_arn))
    error_message = "The queue ARN must name one queue."
  }
}

variable "lost_events_arn" {
  description = "Queue of the events that the answer function failed on"
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[^:]+:sqs:[^:]+:[0-9]{12}:[^:*]+$", var.lost_events_arn))
    error_message = "The ARN of the lost events must name one queue."
  }
}

variable "step_function_arns" {
  description = "Functions that the pipeline's Lambda steps invoke"
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.step_function_arns) > 0 && alltrue([for arn in var.step_function_arns : can(regex("^arn:[^:]+:lambda:[^:]+:[0-9]{12}:function:[^:*]+$", arn))])
    error_message = "There must be at least one function, and each ARN must name one, without a version."
  }
}

variable "pipeline_arn" {
  description = "Pipeline that the functions start, look at, stop and answer"
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[^:]+:sagemaker:[^:]+:[0-9]{12}:pipeline/[^/*]+$", var.pipeline_arn))
    error_message = "The pipeline ARN must name one pipeline."
  }
}

variable "state_machine_arn" {
  description = "State machine whose tasks the functions answer"
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[^:]+:states:[^:]+:[0-9]{12}:stateMachine:[^:*]+$", var.state_machine_arn))
    error_message = "The state machine ARN must name one state machine, without a version."
  }
}

variable "repository_arn" {
  description = "Repository whose images processing jobs and the workflows' jobs run"
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[^:]+:ecr:[^:]+:[0-9]{12}:repository/[^*]+$", var.repository_arn))
    error_message = "The repository ARN must name one repository."
  }
}

################################################################################
# Logs
################################################################################

variable "geospatial_log_group_arn" {
  description = "Log group that the geospatial function writes to"
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[^:]+:logs:[^:]+:[0-9]{12}:log-group:[^:*]+$", var.geospatial_log_group_arn))
    error_message = "The log group ARN must name one log group, without :*."
  }
}

variable "start_pipeline_log_group_arn" {
  description = "Log group that the start function writes to"
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[^:]+:logs:[^:]+:[0-9]{12}:log-group:[^:*]+$", var.start_pipeline_log_group_arn))
    error_message = "The log group ARN must name one log group, without :*."
  }
}

variable "answer_task_log_group_arn" {
  description = "Log group that the answer function writes to"
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[^:]+:logs:[^:]+:[0-9]{12}:log-group:[^:*]+$", var.answer_task_log_group_arn))
    error_message = "The log group ARN must name one log group, without :*."
  }
}
