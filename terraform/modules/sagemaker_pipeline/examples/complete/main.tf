# A pipeline of one Lambda step: its role may invoke that function, as the definition says, and nothing else.
module "pipeline" {
  source = "../.."

  pipeline_name = "wine"
  description   = "Looks at the wines"

  bucket_name    = "wine-data"
  bucket_arn     = "arn:aws:s3:::wine-data"
  read_prefixes  = ["input/"]
  write_prefixes = ["output/"]

  pipeline_definition = jsonencode({
    Version = "2020-12-01"
    Steps = [{
      Name        = "look"
      Type        = "Lambda"
      FunctionArn = "arn:aws:lambda:us-west-2:123456789012:function:wine-look"
      Arguments   = {}
    }]
  })
}
