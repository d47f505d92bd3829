# The state machine that runs a pipeline or a workflow once for each of many items: a Distributed Map, whose items are
# read from the bucket and whose results are written there.

locals {
  fan_out_name = "${var.name_prefix}-fan-out"

  # A folder for each Map Run: what became of its items.
  fan_out_results_prefix = "${local.output_prefix}fan-out/"

  # How items are read: the objects below a prefix, the rows of a CSV file, the members of a JSON array.
  # https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html
  fan_out_readers = {
    Objects = {
      Resource   = "arn:aws:states:::s3:listObjectsV2"
      Parameters = { Bucket = local.bucket_name, "Prefix.$" = "$.key" }
    }
    Rows = {
      Resource     = "arn:aws:states:::s3:getObject"
      ReaderConfig = { InputType = "CSV", CSVHeaderLocation = "FIRST_ROW" }
      Parameters   = { Bucket = local.bucket_name, "Key.$" = "$.key" }
    }
    Members = {
      Resource     = "arn:aws:states:::s3:getObject"
      ReaderConfig = { InputType = "JSON" }
      Parameters   = { Bucket = local.bucket_name, "Key.$" = "$.key" }
    }
  }

  # What an item is: an object below a prefix is its address. A row or member may have a column `Key`, too.
  fan_out_items = {
    Objects = { "input.$" = "States.Format('s3://${local.bucket_name}/{}', $$.Map.Item.Value.Key)" }
    Rows    = "$$.Map.Item.Value"
    Members = "$$.Map.Item.Value"
  }

  # A row or member is an object: `input` is the address of what to work on, the rest are parameters or inputs. What stands
  # in the manifest's parameters for what only the start of an execution knows is filled in for each item.
  fan_out_input = join(" ", [
    "{% ( $item := $states.input.item;",
    "$output := 's3://${local.bucket_name}/' & $states.input.run.results & $states.input.index & '/';",
    "$filled := function($text) { $replace($replace($replace($text, '$${input_uri}', $exists($item.input) ? $item.input : ''), '$${output_uri}', $output), '$${run_id}', $states.input.name & '-' & $states.input.index) };",
    "$exists($states.input.run.pipeline)",
    "? { 'pipeline': $states.input.run.pipeline, 'parameters': $merge($append($append({},",
    "$each($states.input.run.parameters, function($text, $key) { { $key: $filled($text) } })),",
    "$sift($item, function($value, $key) { $key != 'input' }))) }",
    ": $merge($append($append({}, $states.input.run.inputs), $item)) ) %}",
  ])

  # An item is an execution of the state machine that runs pipelines, or of a workflow's: that needs the fewest permissions,
  # and two state transitions besides those of the execution. One that is redriven needs a new name: Step Functions starts
  # none under the name of one that has ended.
  # https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
  fan_out_execution = {
    Type          = "Task"
    QueryLanguage = "JSONata"
    Resource      = "arn:aws:states:::states:startExecution.sync:2"
    Arguments = {
      StateMachineArn = "{% $states.input.run.state_machine_arn %}"
      Name            = "{% $states.input.name & '-' & $states.input.index & ($states.context.Execution.RedriveCount > 0 ? '-r' & $states.context.Execution.RedriveCount : '') %}"
      Input           = local.fan_out_input
    }
    Output = { execution_arn = "{% $states.result.ExecutionArn %}", output = "{% $states.result.Output %}" }
    # Several fan-outs at once can be throttled for two hours and more: docs/scale.md.
    Retry = [for errors, attempts in { "ThrottlingException,ExecutionLimitExceeded" = 300, "SdkClientException" = 8 } : {
      ErrorEquals     = [for error in split(",", errors) : "StepFunctions.${error}"]
      IntervalSeconds = 2
      BackoffRate     = 2
      MaxAttempts     = attempts
      MaxDelaySeconds = 60
      JitterStrategy  = "FULL"
    }]
    End = true
  }

  fan_out_run = { "name.$" = "$$.Execution.Name", "run.$" = "$.run" }

  # A failed map is not caught: an execution that is redriven goes on at the state that failed, and that must be the map.
  # https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html
  fan_out_maps = { for reader, item_reader in local.fan_out_readers : reader => {
    Type       = "Map"
    Label      = reader
    ItemReader = item_reader
    ItemSelector = {
      (reader == "Objects" ? "item" : "item.$") = local.fan_out_items[reader]
      "index.$"                                 = "$$.Map.Item.Index"
    }
    MaxConcurrencyPath             = "$.max_concurrency"
    ToleratedFailurePercentagePath = "$.tolerated_failure_percentage"
    ToleratedFailureCountPath      = "$.tolerated_failure_count"
    ResultWriter = {
      Resource   = "arn:aws:states:::s3:putObject"
      Parameters = { Bucket = local.bucket_name, Prefix = trimsuffix(local.fan_out_results_prefix, "/") }
    }
    End = true
  } }

  fan_out_processor = { ProcessorConfig = { Mode = "DISTRIBUTED", ExecutionType = "STANDARD" } }

  fan_out_single_maps = { for reader, map in local.fan_out_maps : reader => merge(map, {
    ItemSelector = merge(map.ItemSelector, local.fan_out_run)
    ItemProcessor = merge(local.fan_out_processor, {
      StartAt = "Run${reader}"
      States  = { "Run${reader}" = local.fan_out_execution }
    })
  }) }

  # The payload of a state has at most 256 KiB: this leaves room for what all items of a batch share.
  # https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itembatcher.html
  fan_out_batch_bytes = 180000

  fan_out_is_redriven = join(" ", [
    "{% $states.context.Execution.RedriveCount > $states.input.RedriveCount",
    "? true : $error($count($states.input.Items) & ' of the items of this batch failed. A redrive runs them again.') %}",
  ])

  fan_out_batch_maps = { for reader, map in local.fan_out_maps : "${reader}InBatches" => merge(map, {
    Label = "${reader}InBatches"
    ItemBatcher = {
      MaxItemsPerBatchPath  = "$.batch_size"
      MaxInputBytesPerBatch = local.fan_out_batch_bytes
      BatchInput            = local.fan_out_run
    }
    ItemProcessor = merge(local.fan_out_processor, {
      StartAt = "Run${reader}Batch"
      States = {
        # One item after the other: so MaxConcurrency tells how many items run at once, with batches and without.
        "Run${reader}Batch" = {
          Type           = "Map"
          QueryLanguage  = "JSONata"
          Items          = "{% $states.input.Items %}"
          MaxConcurrency = 1
          ItemSelector = {
            item  = "{% $states.context.Map.Item.Value.item %}"
            index = "{% $states.context.Map.Item.Value.index %}"
            name  = "{% $states.input.BatchInput.name %}"
            run   = "{% $states.input.BatchInput.run %}"
          }
          ItemProcessor = {
            ProcessorConfig = { Mode = "INLINE" }
            StartAt         = "Run${reader}InBatch"
            States = {
              # A failed item is caught: the rest of its batch runs all the same.
              "Run${reader}InBatch" = merge(local.fan_out_execution, {
                Output = { index = "{% $states.input.index %}", execution_arn = "{% $states.result.ExecutionArn %}" }
                Catch = [{
                  ErrorEquals = ["States.ALL"]
                  Output      = { index = "{% $states.input.index %}", item = "{% $states.input.item %}" }
                  Next        = "${reader}Failed"
                }]
              })
              "${reader}Failed" = { Type = "Succeed" }
            }
          }
          Output = {
            BatchInput   = "{% $states.input.BatchInput %}"
            Items        = "{% [$states.result[$not($exists(execution_arn))]] %}"
            Results      = "{% [$states.input.Results, $states.result[$exists(execution_arn)]] %}"
            RedriveCount = "{% $states.context.Execution.RedriveCount %}"
          }
          Next = "${reader}Outcome"
        }
        # With items that failed the batch fails, here: once it is redriven this state is evaluated again, and has those items
        # alone run again.
        # https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html
        "${reader}Outcome" = {
          Type          = "Choice"
          QueryLanguage = "JSONata"
          Choices = [
            { Condition = "{% $count($states.input.Items) = 0 %}", Next = "${reader}Succeeded" },
            { Condition = local.fan_out_is_redriven, Next = "Run${reader}Batch" },
          ]
        }
        "${reader}Succeeded" = { Type = "Succeed", QueryLanguage = "JSONata", Output = { Results = "{% $states.input.Results %}" } }
      }
    })
  }) }

  fan_out_states = merge(local.fan_out_single_maps, local.fan_out_batch_maps)

  fan_out_definition = jsonencode({
    Comment = "Runs a pipeline or a workflow once for each item"
    StartAt = "Reader"
    States = merge(local.fan_out_states, {
      Reader = {
        Type    = "Choice"
        Choices = [for reader in keys(local.fan_out_states) : { Variable = "$.reader", StringEquals = reader, Next = reader }]
        Default = "UnknownReader"
      }
      UnknownReader = { Type = "Fail", Error = "UnknownReader", Cause = "The input's reader must be ${join(", ", keys(local.fan_out_states))}." }
    })
  })

  # Uploads of the driver, and what the workflows' jobs may read.
  fan_out_prefixes = [local.input_prefix, local.workflow_prefix]

  fan_out_targets = concat([local.state_machine_arn], length(local.workflow_names) <= 30
    ? [for name in local.workflow_names : "${local.arns.state_machines}-${replace(name, "_", "-")}"]
    : ["${local.arns.state_machines}-*"]
  )

  # https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html
  fan_out_statements = {
    ListItems = {
      actions    = ["s3:ListBucket"]
      resources  = [module.bucket.arn]
      conditions = [{ test = "StringLike", variable = "s3:prefix", values = [for prefix in local.fan_out_prefixes : "${prefix}*"] }]
    }
    ReadItems = { actions = ["s3:GetObject"], resources = [for prefix in local.fan_out_prefixes : "${module.bucket.arn}/${prefix}*"] }
    WriteResults = {
      actions   = ["s3:PutObject", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:AbortMultipartUpload"]
      resources = ["${module.bucket.arn}/${local.fan_out_results_prefix}*"]
    }
    StartTargets = { actions = ["states:StartExecution"], resources = local.fan_out_targets }
    LookAtAndStopTargets = {
      actions   = ["states:DescribeExecution", "states:StopExecution"]
      resources = [for arn in local.fan_out_targets : "${replace(arn, ":stateMachine:", ":execution:")}:*"]
    }
    # The items that failed are redriven by the state machine itself.
    RedriveItems = {
      actions   = ["states:RedriveExecution"]
      resources = ["${replace(local.arns.state_machines, ":stateMachine:", ":execution:")}-fan-out/*"]
    }
  }
}

module "fan_out" {
  source = "./modules/state_machine"

  name              = local.fan_out_name
  definition        = local.fan_out_definition
  policy_statements = local.fan_out_statements
  retention_in_days = var.log_retention_days

  tracing_enabled = local.is_emulated ? null : var.tracing_enabled

  tags = var.tags
}
