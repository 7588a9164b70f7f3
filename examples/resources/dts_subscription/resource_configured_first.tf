# Checked before anything is paid for: a database that is not Alibaba Cloud's, reached through a VPC of a CEN, and somebody who is
# called when the subscription fails.
resource "dts_subscription" "stock" {
  dts_job_name                     = "stock"
  desired_status                   = "prechecked"
  subscription_instance_vpc_id     = "vpc-consumers"
  subscription_instance_vswitch_id = "vsw-consumers"
  subscription_data_type_ddl       = false
  error_notice                     = true
  error_phone                      = "13800000000"
  reserve                          = jsonencode({ srcInstanceId = "cen-stock" })

  source_endpoint {
    instance_type       = "CEN"
    engine_name         = "MySQL"
    instance_id         = "vpc-stock"
    region              = "cn-hangzhou"
    ip                  = "192.0.2.10"
    port                = "3306"
    user_name           = "dts"
    password_wo         = var.source_password
    password_wo_version = 1 # raise it together with a new password
  }

  db_list = jsonencode({
    stock = { name = "stock", all = true }
  })
}

resource "dts_instance" "stock" {
  job_id         = dts_subscription.stock.id
  auto_start     = true
  instance_class = "small"
  pay_type       = "PostPaid"
}
