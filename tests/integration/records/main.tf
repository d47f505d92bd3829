# A root as others write it: Studio, notebooks, features, monitors, people and schedules. aws_sagemaker_image is left out:
# the provider sleeps for a minute before it creates one.
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region = "us-west-2"

  default_tags {
    tags = { team = "data" }
  }
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["sagemaker.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "studio" {
  name               = "studio"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_sagemaker_studio_lifecycle_config" "idle" {
  studio_lifecycle_config_name     = "idle"
  studio_lifecycle_config_app_type = "JupyterLab"
  studio_lifecycle_config_content  = base64encode("echo idle")
}

resource "aws_sagemaker_app_image_config" "custom" {
  app_image_config_name = "custom"
  kernel_gateway_image_config {
    kernel_spec {
      name = "python3"
    }
  }
}

resource "aws_sagemaker_domain" "studio" {
  domain_name = "studio"
  auth_mode   = "IAM"
  vpc_id      = "vpc-12345678"
  subnet_ids  = ["subnet-12345678"]
  default_user_settings {
    execution_role = aws_iam_role.studio.arn
    jupyter_lab_app_settings {
      lifecycle_config_arns = [aws_sagemaker_studio_lifecycle_config.idle.arn]
      default_resource_spec {
        instance_type        = "ml.t3.medium"
        lifecycle_config_arn = aws_sagemaker_studio_lifecycle_config.idle.arn
      }
    }
  }
  retention_policy {
    home_efs_file_system = "Delete"
  }
}

resource "aws_sagemaker_user_profile" "ada" {
  domain_id         = aws_sagemaker_domain.studio.id
  user_profile_name = "ada"
  user_settings {
    execution_role = aws_iam_role.studio.arn
  }
}

resource "aws_sagemaker_space" "ada" {
  domain_id          = aws_sagemaker_domain.studio.id
  space_name         = "ada-lab"
  space_display_name = "Lab"
  ownership_settings {
    owner_user_profile_name = aws_sagemaker_user_profile.ada.user_profile_name
  }
  space_sharing_settings {
    sharing_type = "Private"
  }
  space_settings {
    app_type = "JupyterLab"
    jupyter_lab_app_settings {
      default_resource_spec {
        instance_type = "ml.t3.medium"
      }
    }
  }
}

resource "aws_sagemaker_app" "lab" {
  domain_id         = aws_sagemaker_domain.studio.id
  user_profile_name = aws_sagemaker_user_profile.ada.user_profile_name
  app_name          = "default"
  app_type          = "JupyterServer"
}

resource "aws_sagemaker_notebook_instance_lifecycle_configuration" "start" {
  name      = "start"
  on_start  = base64encode("echo start")
  on_create = base64encode("echo create")
}

resource "aws_sagemaker_code_repository" "code" {
  code_repository_name = "code"
  git_config {
    repository_url = "https://github.com/example/code.git"
  }
}

resource "aws_sagemaker_notebook_instance" "notebook" {
  name                    = "notebook"
  role_arn                = aws_iam_role.studio.arn
  instance_type           = "ml.t2.medium"
  subnet_id               = "subnet-12345678"
  security_groups         = ["sg-12345678"]
  default_code_repository = aws_sagemaker_code_repository.code.code_repository_name
  lifecycle_config_name   = aws_sagemaker_notebook_instance_lifecycle_configuration.start.name
  platform_identifier     = "notebook-al2-v3"
}

resource "aws_sagemaker_feature_group" "features" {
  feature_group_name             = "features"
  record_identifier_feature_name = "id"
  event_time_feature_name        = "time"
  role_arn                       = aws_iam_role.studio.arn
  feature_definition {
    feature_name = "id"
    feature_type = "String"
  }
  feature_definition {
    feature_name = "time"
    feature_type = "String"
  }
  online_store_config {
    enable_online_store = true
  }
  offline_store_config {
    s3_storage_config {
      s3_uri = "s3://features/offline"
    }
  }
}

resource "aws_sagemaker_project" "project" {
  project_name = "project"
  service_catalog_provisioning_details {
    product_id = "prod-abcdefghijklm"
  }
}

resource "aws_sagemaker_model_package_group" "models" {
  model_package_group_name = "models"
}

resource "aws_sagemaker_device_fleet" "devices" {
  device_fleet_name = "devices"
  role_arn          = aws_iam_role.studio.arn
  output_config {
    s3_output_location = "s3://devices/fleet/"
  }
}

resource "aws_sagemaker_data_quality_job_definition" "quality" {
  name     = "quality"
  role_arn = aws_iam_role.studio.arn
  data_quality_app_specification {
    image_uri = "012345678912.dkr.ecr.us-west-2.amazonaws.com/monitor"
  }
  data_quality_job_input {
    endpoint_input {
      endpoint_name = "endpoint"
    }
  }
  data_quality_job_output_config {
    monitoring_outputs {
      s3_output {
        s3_uri = "s3://monitor/quality"
      }
    }
  }
  job_resources {
    cluster_config {
      instance_count    = 1
      instance_type     = "ml.m5.large"
      volume_size_in_gb = 20
    }
  }
}

resource "aws_sagemaker_monitoring_schedule" "quality" {
  name = "quality"
  monitoring_schedule_config {
    monitoring_job_definition_name = aws_sagemaker_data_quality_job_definition.quality.name
    monitoring_type                = "DataQuality"
    schedule_config {
      schedule_expression = "cron(0 * ? * * *)"
    }
  }
}

resource "aws_sagemaker_workforce" "people" {
  workforce_name = "people"
  cognito_config {
    client_id = "client"
    user_pool = "us-west-2_pool"
  }
}

resource "aws_sagemaker_workteam" "team" {
  workteam_name  = "team"
  workforce_name = aws_sagemaker_workforce.people.id
  description    = "The team"
  member_definition {
    cognito_member_definition {
      client_id  = "client"
      user_pool  = "us-west-2_pool"
      user_group = "group"
    }
  }
}

resource "aws_sagemaker_human_task_ui" "ui" {
  human_task_ui_name = "ui"
  ui_template {
    content = "<html></html>"
  }
}

resource "aws_sagemaker_flow_definition" "review" {
  flow_definition_name = "review"
  role_arn             = aws_iam_role.studio.arn
  human_loop_config {
    human_task_ui_arn                     = aws_sagemaker_human_task_ui.ui.arn
    task_availability_lifetime_in_seconds = 1
    task_count                            = 1
    task_description                      = "review"
    task_title                            = "review"
    workteam_arn                          = aws_sagemaker_workteam.team.arn
  }
  output_config {
    s3_output_path = "s3://review/"
  }
}

resource "aws_sagemaker_hub" "hub" {
  hub_name        = "hub"
  hub_description = "Our models"
}

resource "aws_sagemaker_mlflow_tracking_server" "mlflow" {
  tracking_server_name = "mlflow"
  role_arn             = aws_iam_role.studio.arn
  artifact_store_uri   = "s3://mlflow/artifacts"
}

resource "aws_sagemaker_model_package_group" "churn" {
  model_package_group_name = "churn"
}

resource "aws_sagemaker_model_package_group_policy" "churn" {
  model_package_group_name = aws_sagemaker_model_package_group.churn.model_package_group_name
  resource_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::210987654321:root" }
      Action    = ["sagemaker:DescribeModelPackageGroup"]
      Resource  = aws_sagemaker_model_package_group.churn.arn
    }]
  })
}

data "aws_iam_policy_document" "scheduler" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["scheduler.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "scheduler" {
  name               = "scheduler"
  assume_role_policy = data.aws_iam_policy_document.scheduler.json
}

resource "aws_scheduler_schedule_group" "team" {
  name = "team"
}

resource "aws_scheduler_schedule" "nightly" {
  name                         = "nightly"
  group_name                   = aws_scheduler_schedule_group.team.name
  description                  = "Trains at night"
  schedule_expression          = "cron(0 3 ? * MON-FRI *)"
  schedule_expression_timezone = "Europe/Berlin"
  start_date                   = "2100-01-01T00:00:00Z"
  end_date                     = "2101-01-01T00:00:00Z"
  flexible_time_window {
    mode                      = "FLEXIBLE"
    maximum_window_in_minutes = 15
  }
  target {
    arn      = "arn:aws:sagemaker:us-west-2:000000000000:pipeline/train"
    role_arn = aws_iam_role.scheduler.arn
    sagemaker_pipeline_parameters {
      pipeline_parameter {
        name  = "Day"
        value = "1"
      }
    }
    retry_policy {
      maximum_retry_attempts = 3
    }
  }
}

resource "aws_scheduler_schedule" "hourly" {
  name                = "hourly"
  schedule_expression = "rate(1 hour)"
  state               = "DISABLED"
  flexible_time_window {
    mode = "OFF"
  }
  target {
    arn      = "arn:aws:sqs:us-west-2:000000000000:queue"
    role_arn = aws_iam_role.scheduler.arn
    input    = "<aws.scheduler.scheduled-time>"
  }
}
