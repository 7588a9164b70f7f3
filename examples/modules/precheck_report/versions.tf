terraform {
  required_version = ">= 1.6"

  required_providers {
    dts = {
      source = "dts-community/dts"
    }
  }
}
