moved {
  from = aws_iam_role.this
  to   = module.role.aws_iam_role.this
}
moved {
  from = aws_iam_role_policy.this
  to   = module.role.aws_iam_role_policy.this
}
