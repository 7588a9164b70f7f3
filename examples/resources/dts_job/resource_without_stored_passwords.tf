# Passwords that are in neither plan nor state, a database that is not Alibaba Cloud's, and objects given as JSON.
# Configured without an instance: nothing is paid for, and nothing runs.
variable "password" {
  type      = string
  sensitive = true
  ephemeral = true # or a saved plan holds it
}

resource "dts_job" "stock" {
  dts_job_name             = "stock"
  job_type                 = "MIGRATION"
  structure_initialization = true
  data_initialization      = true
  data_synchronization     = true

  source_endpoint {
    instance_type       = "OTHER"
    engine_name         = "MYSQL"
    ip                  = "192.0.2.10"
    port                = "3306"
    user_name           = "dts"
    password_wo         = var.password
    password_wo_version = 1 # raise it together with a new password
  }

  destination_endpoint {
    instance_type       = "RDS"
    engine_name         = "MYSQL"
    instance_id         = "rm-destination"
    region              = "cn-hangzhou"
    user_name           = "dts"
    password_wo         = var.password
    password_wo_version = 1
  }

  db_list = jsonencode({
    stock = {
      name = "stock"
      all  = false
      Table = {
        movements = { name = "movements", all = true, filter = "year >= 2020" }
      }
    }
  })
}
