# Broker and topic of each part of a subscription, for a consumer group.
data "dts_subscription_meta" "orders" {
  dts_instance_id = dts_subscription.orders.dts_instance_id
  sid             = dts_consumer_group.billing.consumer_group_id
  topics          = [dts_subscription.orders.subscribe_topic]
}

output "brokers" {
  value = { for part in data.dts_subscription_meta.orders.subscription_meta_list : part.topic => part.dproxy_url }
}

resource "dts_consumer_group" "billing" {
  dts_job_id                         = dts_subscription.orders.id
  consumer_group_name                = "billing"
  consumer_group_user_name           = "billing_reader"
  consumer_group_password_wo         = var.password
  consumer_group_password_wo_version = 1
}

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
