locals {
  variables = merge(var.template_variables, { functions = var.functions, images = var.images })

  schema = jsondecode(templatefile(var.schema_file, merge(local.variables, { execution_name = "{}" })))

  plain_defaults = { for name, property in local.schema.properties : name => property.default if can(property.default) }

  # A default that names the execution is not known before there is one: the definition must put it together.
  defaults = merge(
    { for name, default in local.plain_defaults : name => default if !can(regex("\\{\\}", tostring(default))) },
    { for name, default in local.plain_defaults : "${name}.$" => "States.Format('${default}', $$.Execution.Name)" if can(regex("\\{\\}", tostring(default))) },
  )

  definition = jsondecode(templatefile(var.definition_file, merge(local.variables, { defaults = jsonencode(local.defaults) })))
  states     = merge(local.definition.States, jsondecode(templatefile(var.failure_states_file, local.variables)))
}
