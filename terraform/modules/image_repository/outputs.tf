output "url" {
  description = "Address of the repository, to which a tag is added"
  value       = aws_ecr_repository.this.repository_url
}
