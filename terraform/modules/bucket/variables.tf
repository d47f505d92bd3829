variable "bucket" {
  description = "Name of the bucket"
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.bucket))
    error_message = "The bucket's name must have 3 to 63 lowercase letters, digits and hyphens, and no hyphen at an end."
  }
}

variable "force_destroy" {
  description = "Whether destroying the bucket deletes the objects in it, instead of failing while there are any"
  type        = bool
  default     = false
  nullable    = false
}

variable "tags" {
  description = "Tags of the bucket"
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "lifecycle_enabled" {
  description = "Whether old versions, unfinished uploads and what prefix_expiration_days names expire"
  type        = bool
  default     = true
  nullable    = false
}

variable "noncurrent_version_expiration_days" {
  description = "Days after which a replaced or deleted version of an object is gone for good"
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.noncurrent_version_expiration_days >= 1 && floor(var.noncurrent_version_expiration_days) == var.noncurrent_version_expiration_days
    error_message = "The expiration of noncurrent versions must be a whole number of days, at least 1."
  }
}

variable "abort_incomplete_multipart_upload_days" {
  description = "Days after which the parts of an upload that was never finished are deleted"
  type        = number
  default     = 7
  nullable    = false

  validation {
    condition     = var.abort_incomplete_multipart_upload_days >= 1 && floor(var.abort_incomplete_multipart_upload_days) == var.abort_incomplete_multipart_upload_days
    error_message = "Incomplete uploads must be aborted after a whole number of days, at least 1."
  }
}

variable "prefix_expiration_days" {
  description = "Days after which objects expire, by the first part of their keys"
  type        = map(number)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for prefix in keys(var.prefix_expiration_days) : can(regex("^[A-Za-z0-9][A-Za-z0-9._/-]{0,200}/$", prefix))])
    error_message = "Each prefix must be a folder of the bucket, such as task-tokens/."
  }

  validation {
    condition     = alltrue([for days in values(var.prefix_expiration_days) : days >= 1 && floor(days) == days])
    error_message = "Objects must expire after a whole number of days, at least 1."
  }
}
