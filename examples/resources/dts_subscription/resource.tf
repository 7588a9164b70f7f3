# Bought first. Once it runs, a Kafka client finds the changes with the outputs below.
resource "dts_subscription" "orders" {
  dts_instance_id                  = dts_instance.orders.id
  dts_job_name                     = "orders"
  subscription_instance_vpc_id     = "vpc-consumers"
  subscription_instance_vswitch_id = "vsw-consumers"

  source_endpoint {
    instance_type = "RDS"
    engine_name   = "MySQL"
    instance_id   = "rm-source"
    region        = "cn-hangzhou"
    user_name     = "dts"
    password      = var.source_password
  }

  database {
    name = "shop"

    table {
      name = "orders"
    }
    table {
      name = "customers"
    }
  }
}

resource "dts_instance" "orders" {
  type                             = "SUBSCRIBE"
  source_endpoint_engine_name      = "MySQL"
  destination_endpoint_engine_name = "kafka"
  source_region                    = "cn-hangzhou"
  destination_region               = "cn-hangzhou"
  instance_class                   = "small"
  pay_type                         = "PostPaid"
}

output "brokers" {
  value = dts_subscription.orders.subscription_host.vpc_host
}

output "topic" {
  value = dts_subscription.orders.subscribe_topic
}
