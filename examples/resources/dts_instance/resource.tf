# Bought first: a dts_job is then configured on it (`dts_instance_id`).
resource "dts_instance" "orders" {
  type                             = "SYNC"
  source_endpoint_engine_name      = "MySQL"
  destination_endpoint_engine_name = "MySQL"
  source_region                    = "cn-hangzhou"
  destination_region               = "cn-hangzhou"
  instance_class                   = "small"
  pay_type                         = "PostPaid"
}
