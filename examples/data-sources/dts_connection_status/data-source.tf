# Fails the plan when DTS cannot log in to one of the two databases, before anything is configured or bought.
data "dts_connection_status" "orders" {
  require_success = true

  source_endpoint {
    instance_type = "LocalInstance"
    engine_name   = "MySQL"
    ip            = "203.0.113.10"
    port          = "3306"
    region        = "cn-hangzhou"
    user_name     = "dts"
    password      = var.source_password
  }

  destination_endpoint {
    instance_type = "RDS"
    engine_name   = "MySQL"
    instance_id   = "rm-destination"
    region        = "cn-hangzhou"
    user_name     = "dts"
    password      = var.destination_password
  }
}
