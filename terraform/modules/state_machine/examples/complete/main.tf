# Its role may make and stop training jobs whose names begin with wine-, and pass them this one role: all that the task needs.
module "state_machine" {
  source = "../.."

  name                  = "wine-train"
  sagemaker_name_prefix = "wine"

  definition = jsonencode({
    StartAt = "Train"
    States = { Train = {
      Type     = "Task"
      Resource = "arn:aws:states:::sagemaker:createTrainingJob.sync"
      Parameters = {
        "TrainingJobName.$" = "States.Format('wine-{}', $$.Execution.Name)"
        RoleArn             = "arn:aws:iam::123456789012:role/wine-jobs"
      }
      End = true
    } }
  })
}
