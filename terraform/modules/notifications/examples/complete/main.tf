module "failures" {
  source = "../.."

  name  = "wine-failures"
  email = "team@example.com"
}
