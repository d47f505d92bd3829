variable "name" {
  description = "Name of the topic"
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,256}$", var.name))
    error_message = "The name must have 1 to 256 letters, digits, hyphens and underscores."
  }
}

variable "email" {
  description = "Address that every message is sent to, once its owner has confirmed; null means none"
  type        = string
  default     = null

  validation {
    condition     = var.email == null || can(regex("^[^@\\s]+@[^@\\s]+[.][^@\\s]+$", var.email))
    error_message = "The e-mail address must be one address, such as team@example.com, or null."
  }
}

variable "tags" {
  description = "Tags of the topic"
  type        = map(string)
  default     = {}
  nullable    = false
}
