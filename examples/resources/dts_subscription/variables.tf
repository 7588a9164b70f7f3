variable "source_password" {
  type      = string
  sensitive = true
}
