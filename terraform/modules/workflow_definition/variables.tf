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
    condition     = length(setintersection(keys(var.template_variables), ["defaults", "execution_name"])) == 0
    error_message = "The variables defaults and execution_name are the module's own."
  }
}
