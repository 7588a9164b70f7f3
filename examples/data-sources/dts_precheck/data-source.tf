# What DTS found about a job before it moves any data.
data "dts_precheck" "orders" {
  job_id     = dts_job.orders.id
  depends_on = [dts_job.orders] # read after a pending change of the job, not before it
}

# A failed check is a warning of the plan; `require_pass = true` above would make it an error.
check "orders_can_be_moved" {
  assert {
    condition     = data.dts_precheck.orders.passed
    error_message = join("; ", [for item in data.dts_precheck.orders.failed : "${item.code}: ${item.message}"])
  }
}

output "orders_precheck" {
  value = { for item in data.dts_precheck.orders.items : item.code => item.state }
}

resource "dts_job" "orders" {
  dts_job_name             = "orders"
  job_type                 = "MIGRATION"
  structure_initialization = true
  data_initialization      = true
  data_synchronization     = false
  desired_status           = "prechecked" # checked, but not started: no instance is bought

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
    new_name = "shop_copy"
  }
}
