variable "name" {
  description = "Name of the role"
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[\\w+=,.@-]{1,64}$", var.name))
    error_message = "A role's name has 1 to 64 characters: letters, digits and +=,.@_-"
  }
}

variable "description" {
  description = "What the role is for"
  type        = string
  nullable    = false

  validation {
    condition     = length(var.description) <= 1000
    error_message = "The description must not have more than 1000 characters."
  }
}

variable "trusted_services" {
  description = "AWS services that may assume the role, by host name. Each must act for this account unless same_account is false, and for source_arn if that is given"
  type = map(object({
    same_account = optional(bool, true)
    source_arn   = optional(string)
  }))
  nullable = false

  validation {
    condition     = length(var.trusted_services) > 0 && alltrue([for service in keys(var.trusted_services) : can(regex("^[a-z-]+[.]amazonaws[.]com$", service))])
    error_message = "There must be one or more services, each by its host name, such as lambda.amazonaws.com."
  }
}

variable "policy_name" {
  description = "Name of the role's inline policy"
  type        = string
  nullable    = false
}

variable "policy_statements" {
  description = "What the role is allowed: statements of its inline policy, by their ids"
  type = map(object({
    actions    = set(string)
    resources  = set(string)
    conditions = optional(list(object({ test = string, variable = string, values = list(string) })), [])
  }))
  nullable = false

  validation {
    condition     = alltrue(flatten([for statement in values(var.policy_statements) : [for action in statement.actions : can(regex("^[a-z0-9-]+:[A-Za-z0-9]+$", action))]]))
    error_message = "Each action must be named with its service and without wildcards, such as s3:GetObject."
  }

  validation {
    condition     = length(var.policy_statements) > 0 && alltrue([for statement in values(var.policy_statements) : length(statement.actions) > 0 && length(statement.resources) > 0])
    error_message = "There must be a statement, and each must have actions and resources."
  }
}

variable "tags" {
  description = "Tags of the role"
  type        = map(string)
  default     = {}
  nullable    = false
}
