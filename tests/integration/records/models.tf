# What an endpoint is made of, and a pipeline. An endpoint itself is left out: the provider looks every 30 seconds.
locals {
  image = "000000000000.dkr.ecr.us-west-2.amazonaws.com/program:1"
}

resource "aws_sagemaker_model" "serial" {
  name               = "serial"
  execution_role_arn = aws_iam_role.studio.arn
  container {
    image              = local.image
    container_hostname = "first"
    environment        = { AS = "first" }
  }
  container {
    image              = local.image
    container_hostname = "second"
  }
  inference_execution_config {
    mode = "Serial"
  }
}

resource "aws_sagemaker_model" "one" {
  name               = "one"
  execution_role_arn = aws_iam_role.studio.arn
  primary_container {
    image = local.image
  }
}

resource "aws_sagemaker_endpoint_configuration" "asynchronous" {
  name = "asynchronous"
  production_variants {
    variant_name           = "all"
    model_name             = aws_sagemaker_model.serial.name
    initial_instance_count = 1
    instance_type          = "ml.m5.large"
  }
  async_inference_config {
    client_config {
      max_concurrent_invocations_per_instance = 2
    }
    output_config {
      s3_output_path  = "s3://answers/out"
      s3_failure_path = "s3://answers/failed"
      notification_config {
        success_topic                 = "arn:aws:sns:us-west-2:000000000000:good"
        error_topic                   = "arn:aws:sns:us-west-2:000000000000:bad"
        include_inference_response_in = ["SUCCESS_NOTIFICATION_TOPIC"]
      }
    }
  }
}

resource "aws_sagemaker_endpoint_configuration" "serverless" {
  name = "serverless"
  production_variants {
    variant_name = "all"
    model_name   = aws_sagemaker_model.one.name
    serverless_config {
      max_concurrency         = 5
      memory_size_in_mb       = 2048
      provisioned_concurrency = 1
    }
  }
}

resource "aws_sagemaker_endpoint_configuration" "captured" {
  name = "captured"
  production_variants {
    variant_name           = "all"
    model_name             = aws_sagemaker_model.one.name
    initial_instance_count = 2
    instance_type          = "ml.m5.large"
    routing_config {
      routing_strategy = "LEAST_OUTSTANDING_REQUESTS"
    }
  }
  data_capture_config {
    enable_capture              = true
    initial_sampling_percentage = 50
    destination_s3_uri          = "s3://captured/requests"
    capture_options {
      capture_mode = "InputAndOutput"
    }
    capture_content_type_header {
      csv_content_types = ["text/csv"]
    }
  }
}

resource "aws_sagemaker_pipeline" "refusing" {
  pipeline_name         = "refusing"
  pipeline_display_name = "refusing"
  role_arn              = aws_iam_role.studio.arn
  pipeline_definition = jsonencode({
    Version = "2020-12-01"
    Steps   = [{ Name = "no", Type = "Fail", Arguments = { ErrorMessage = "no" } }]
  })
  parallelism_configuration {
    max_parallel_execution_steps = 3
  }
}
