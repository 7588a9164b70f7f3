variable "source_password" {
  type      = string
  sensitive = true
}

variable "password" {
  type      = string
  sensitive = true
  ephemeral = true # or a saved plan holds it
}
