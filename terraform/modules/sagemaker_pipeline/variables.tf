variable "pipeline_name" {
  description = "Name of the pipeline, also the one that is shown"
  type        = string
  nullable    = false

  # SageMaker takes upper case and then writes ARNs in lower case: a policy that names the ARN would miss it.
  validation {
    condition     = can(regex("^[a-z0-9](-*[a-z0-9]){0,255}$", var.pipeline_name))
    error_message = "The pipeline's name must have 1 to 256 lowercase letters, digits and hyphens, and no hyphen at an end."
  }
}

variable "description" {
  description = "What the pipeline does"
  type        = string
  nullable    = false

  validation {
    condition     = length(var.description) <= 3072
    error_message = "The description must not have more than 3072 characters."
  }
}

variable "pipeline_definition" {
  description = "Definition of the pipeline: a JSON document of version 2020-12-01"
  type        = string
  nullable    = false

  validation {
    condition     = try(jsondecode(var.pipeline_definition).Version, null) == "2020-12-01"
    error_message = "The definition must be JSON with \"Version\": \"2020-12-01\"."
  }

  validation {
    condition     = try(length(jsondecode(var.pipeline_definition).Steps) > 0, false)
    error_message = "The definition must have at least one step."
  }

  validation {
    condition     = length(var.pipeline_definition) <= 1048576
    error_message = "The definition must not have more than 1,048,576 characters."
  }
}

variable "role_name" {
  description = "Name of the role that the pipeline's steps run as"
  type        = string
  nullable    = false
}

variable "geospatial_jobs_enabled" {
  description = "Whether SageMaker's geospatial jobs may run as the pipeline's role, too"
  type        = bool
  default     = false
  nullable    = false
}

variable "policy_statements" {
  description = "What the role may do besides running the definition's Lambda steps and jobs: statements of its policy, by their ids"
  type = map(object({
    actions    = set(string)
    resources  = set(string)
    conditions = optional(list(object({ test = string, variable = string, values = list(string) })), [])
  }))
  default  = {}
  nullable = false
}

variable "tags" {
  description = "Tags of the pipeline and its role"
  type        = map(string)
  default     = {}
  nullable    = false
}
