################################################################################
# Pipeline
################################################################################

variable "pipeline_name" {
  description = "Name of the pipeline, also the one that is shown; its roles are <name>-pipeline and <name>-jobs"
  type        = string
  nullable    = false

  # SageMaker takes 256, and upper case, and then writes ARNs in lower case: a policy that names the ARN would miss it.
  # A role's name has 64 characters.
  validation {
    condition     = can(regex("^[a-z0-9](-*[a-z0-9]){0,54}$", var.pipeline_name))
    error_message = "The pipeline's name must have 1 to 55 lowercase letters, digits and hyphens, and no hyphen at an end."
  }
}

variable "description" {
  description = "What the pipeline does"
  type        = string
  nullable    = false

  # A role's description, which has the names in it, too, has 1000.
  validation {
    condition     = length(var.description) <= 800
    error_message = "The description must not have more than 800 characters."
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

variable "queue_arn" {
  description = "Queue that Callback steps send to; null where there is none"
  type        = string
  default     = null
}

variable "policy_statements" {
  description = "What the pipeline's role may do besides running the definition's steps: statements of its policy, by their ids"
  type = map(object({
    actions    = set(string)
    resources  = set(string)
    conditions = optional(list(object({ test = string, variable = string, values = list(string) })), [])
  }))
  default  = {}
  nullable = false
}

################################################################################
# Jobs and Models
################################################################################

variable "jobs_role_enabled" {
  description = "Whether there is a role that jobs and models run as, besides the pipeline's own"
  type        = bool
  default     = false
  nullable    = false
}

variable "job_services" {
  description = "AWS services besides SageMaker whose jobs run as the jobs' role, by host name. Their condition on the account is left out: AWS does not document that they send it"
  type        = set(string)
  default     = []
  nullable    = false
}

variable "container_statements" {
  description = "What the jobs' role may do where a step runs a container: pull the image, write logs and metrics; statements by their ids"
  type = map(object({
    actions    = set(string)
    resources  = set(string)
    conditions = optional(list(object({ test = string, variable = string, values = list(string) })), [])
  }))
  default  = {}
  nullable = false
}

variable "job_policy_statements" {
  description = "What the jobs' role may do besides: statements of its policy, by their ids"
  type = map(object({
    actions    = set(string)
    resources  = set(string)
    conditions = optional(list(object({ test = string, variable = string, values = list(string) })), [])
  }))
  default  = {}
  nullable = false
}

################################################################################
# Data
################################################################################

variable "bucket_name" {
  description = "Bucket of the data and of the programs"
  type        = string
  nullable    = false
}

variable "bucket_arn" {
  description = "ARN of the bucket"
  type        = string
  nullable    = false
}

variable "read_prefixes" {
  description = "Prefixes of the bucket that jobs read"
  type        = set(string)
  nullable    = false
}

variable "write_prefixes" {
  description = "Prefixes of the bucket that jobs write, and read as well"
  type        = set(string)
  nullable    = false
}

variable "code_directory" {
  description = "Folder of programs that are put into the bucket; null means none"
  type        = string
  default     = null
}

variable "code_prefix" {
  description = "Prefix of the bucket for these programs"
  type        = string
  default     = ""
  nullable    = false
}

################################################################################
# Tags
################################################################################

variable "tags" {
  description = "Tags of the pipeline, its roles and its programs"
  type        = map(string)
  default     = {}
  nullable    = false
}
