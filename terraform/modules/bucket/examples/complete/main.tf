module "bucket" {
  source = "../.."

  bucket                 = "wine-123456789012"
  prefix_expiration_days = { "scratch/" = 7 }
}
