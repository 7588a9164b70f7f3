terraform {
  required_version = ">= 1.6"

  required_providers {
    dts = {
      source = "dts-community/dts"
    }
  }
}

# The keys come from ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET in the environment.
provider "dts" {
  region = "cn-hangzhou"
}
