# Serverless: paid by use, between a least and a greatest number of DTS units. It has no class.
resource "dts_instance" "events" {
  type                             = "SYNC"
  source_endpoint_engine_name      = "MySQL"
  destination_endpoint_engine_name = "MySQL"
  source_region                    = "cn-hangzhou"
  destination_region               = "cn-hangzhou"
  pay_type                         = "PostPaid"
  min_du                           = 1
  max_du                           = 4
}
