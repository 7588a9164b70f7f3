terraform {
  required_version = ">= 1.11" # passwords are write-only

  required_providers {
    dts = {
      source = "dts-community/dts"
    }
  }
}
