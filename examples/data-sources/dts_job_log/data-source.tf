data "dts_job_log" "errors" {
  job_id = dts_instance.orders.job_id
  status = "ERROR"
  limit  = 50
}

output "errors" {
  value = [for line in data.dts_job_log.errors.entries : "${line.time} ${line.context}"]
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
