variable "name" {
  description = "Name of the repository"
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]+([._/-][a-z0-9]+)*$", var.name)) && length(var.name) >= 2 && length(var.name) <= 256
    error_message = "The name must have 2 to 256 lowercase letters and digits, with single separators (. _ / -) between them."
  }
}

variable "force_delete" {
  description = "Whether destroying the repository deletes the images in it, instead of failing while there are any"
  type        = bool
  default     = false
  nullable    = false
}

variable "tags" {
  description = "Tags of the repository"
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "untagged_expiration_days" {
  description = "Days after which an image without a tag is deleted"
  type        = number
  default     = 14
  nullable    = false

  validation {
    condition     = var.untagged_expiration_days >= 1 && floor(var.untagged_expiration_days) == var.untagged_expiration_days
    error_message = "Images must expire after a whole number of days, at least 1."
  }
}
