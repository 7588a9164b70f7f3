# A job that somebody else made, found by its instance.
data "dts_job" "orders" {
  dts_instance_id = dts_instance.orders.id
}

output "orders" {
  value = {
    status = data.dts_job.orders.status
    delay  = data.dts_job.orders.delay
  }
}

resource "dts_instance" "orders" {
  type                             = "SYNC"
  source_endpoint_engine_name      = "MySQL"
  destination_endpoint_engine_name = "MySQL"
  source_region                    = "cn-hangzhou"
  destination_region               = "cn-hangzhou"
  instance_class                   = "small"
  pay_type                         = "PostPaid"
}
