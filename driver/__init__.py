"""The driver behind `invoke`: applies Terraform, runs pipelines, fetches output, destroys on request."""
