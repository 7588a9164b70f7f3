# A synchronization on an instance that was bought first. It is checked, started, and followed until all data is there.
resource "dts_job" "orders" {
  dts_instance_id          = dts_instance.orders.id
  dts_job_name             = "orders"
  job_type                 = "SYNC"
  structure_initialization = true
  data_initialization      = true
  data_synchronization     = true
  desired_status           = "running"
  wait_for                 = "initialized"
  reserve                  = jsonencode({ targetTableMode = "0" })

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

    table {
      name = "orders"
    }
    table {
      name     = "customers"
      new_name = "clients"
    }
  }

  timeouts {
    create = "6h"
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
