# What a training job of one's own runs as: it reads one folder and writes another.
module "jobs_role" {
  source = "../.."

  name             = "wine-jobs"
  description      = "What the training jobs run as"
  policy_name      = "jobs"
  trusted_services = { "sagemaker.amazonaws.com" = {} }

  policy_statements = {
    ReadData    = { actions = ["s3:GetObject"], resources = ["arn:aws:s3:::wine-123456789012/data/*"] }
    WriteOutput = { actions = ["s3:PutObject"], resources = ["arn:aws:s3:::wine-123456789012/output/*"] }
    ListData = {
      actions    = ["s3:ListBucket"]
      resources  = ["arn:aws:s3:::wine-123456789012"]
      conditions = [{ test = "StringLike", variable = "s3:prefix", values = ["data/*"] }]
    }
  }
}
