module "images" {
  source = "../.."

  name                     = "wine"
  untagged_expiration_days = 30
}
