variable "definition_file" {
  description = "Path of the definition in Amazon States Language: a template that takes template_variables and defaults"
  type        = string
  nullable    = false
}

variable "schema_file" {
  description = "Path of the JSON Schema of the workflow's input: a template that takes template_variables and execution_name"
  type        = string
  nullable    = false
}

variable "failure_states_file" {
  description = "Path of the states that every workflow ends with when it fails: a template that takes template_variables"
  type        = string
  nullable    = false
}

variable "template_variables" {
  description = "Values of the placeholders in the three files"
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = length(setintersection(keys(var.template_variables), ["defaults", "execution_name", "functions", "images"])) == 0
    error_message = "The variables defaults, execution_name, functions and images are the module's own."
  }
}

variable "functions" {
  description = "ARNs of functions, for placeholders such as functions.score"
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "images" {
  description = "URIs of images, for placeholders such as images.scikit"
  type        = map(string)
  default     = {}
  nullable    = false
}
