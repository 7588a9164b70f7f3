# A one-time migration that buys nothing before its precheck has passed.
#
# The job is configured and its precheck started first. The purchase waits for the verdict, and refuses to buy for a
# job that cannot run. `make demo` runs this against the local emulator; without `endpoint` it is the real service.

terraform {
  required_providers {
    dts = {
      source = "dts-community/dts"
    }
  }
}

variable "endpoint" {
  description = "Where DTS is, when it is not Alibaba Cloud"
  type        = string
  default     = null
}

variable "source_password" {
  type      = string
  sensitive = true
}

variable "destination_password" {
  type      = string
  sensitive = true
}

# Credentials come from ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET.
provider "dts" {
  region   = "cn-hangzhou"
  endpoint = var.endpoint
}

resource "dts_job" "orders" {
  job_type                 = "MIGRATION"
  dts_job_name             = "orders"
  structure_initialization = true
  data_initialization      = true
  data_synchronization     = false
  desired_status           = "prechecked"
  wait_for                 = "none" # the purchase judges, so a failed check taints nothing

  source_endpoint {
    instance_type = "RDS"
    engine_name   = "MYSQL"
    instance_id   = "rm-source"
    region        = "cn-hangzhou"
    user_name     = "dts"
    password      = var.source_password
  }

  destination_endpoint {
    instance_type = "RDS"
    engine_name   = "MYSQL"
    instance_id   = "rm-destination"
    region        = "cn-hangzhou"
    user_name     = "dts"
    password      = var.destination_password
  }

  database {
    name     = "shop"
    new_name = "shop_archive"

    table {
      name = "orders"
    }
    table {
      name = "customers"
    }
  }
}

resource "dts_instance" "orders" {
  job_id         = dts_job.orders.id
  auto_start     = true
  instance_class = "small"
  pay_type       = "PostPaid"
}

data "dts_precheck" "orders" {
  job_id     = dts_job.orders.id
  depends_on = [dts_job.orders]
}

output "precheck" {
  value = { for item in data.dts_precheck.orders.items : item.code => item.state }
}
