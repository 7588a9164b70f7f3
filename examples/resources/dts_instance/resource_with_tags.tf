# Tags of this instance; those of all instances are in the provider block:
#
#   provider "dts" {
#     default_tags {
#       tags = { team = "databases" }
#     }
#   }
resource "dts_instance" "billing" {
  type                             = "SYNC"
  source_endpoint_engine_name      = "MySQL"
  destination_endpoint_engine_name = "MySQL"
  source_region                    = "cn-hangzhou"
  destination_region               = "cn-hangzhou"
  instance_class                   = "small"
  pay_type                         = "PostPaid"

  tags = {
    environment = "production"
    owner       = "billing"
  }
}
