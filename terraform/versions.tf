terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }

  # The driver keeps one state per target and says where: -backend-config=path=…
  backend "local" {}
}
