# Bought for a job that was configured first, and only if the job's precheck passes.
resource "dts_instance" "archive" {
  job_id         = dts_job.archive.id
  auto_start     = true
  instance_class = "small"
  pay_type       = "PostPaid"
}

resource "dts_job" "archive" {
  dts_job_name             = "archive"
  job_type                 = "MIGRATION"
  structure_initialization = true
  data_initialization      = true
  data_synchronization     = false
  desired_status           = "prechecked"
  wait_for                 = "none" # the purchase waits for the verdict

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
    new_name = "shop_archive"
  }
}
