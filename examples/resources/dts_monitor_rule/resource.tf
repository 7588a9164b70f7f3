# Two alarms of one job: it falls behind by more than a minute, and it fails.
resource "dts_monitor_rule" "behind" {
  dts_job_id      = dts_job.orders.id
  type            = "delay"
  delay_rule_time = 60
  phone           = "13800000000,13800000001"
}

resource "dts_monitor_rule" "failed" {
  dts_job_id = dts_job.orders.id
  type       = "error"
  phone      = "13800000000"
}

resource "dts_job" "orders" {
  dts_job_name             = "orders"
  job_type                 = "SYNC"
  structure_initialization = true
  data_initialization      = true
  data_synchronization     = true

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
    name = "shop"
  }
}
