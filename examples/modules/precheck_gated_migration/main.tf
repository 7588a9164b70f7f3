# Configured and checked first, bought and started only after the check has passed.

locals {
  is_own_database = var.source_database.ip != null
}

resource "dts_job" "this" {
  dts_job_name             = var.name
  job_type                 = "MIGRATION"
  structure_initialization = true
  data_initialization      = true
  data_synchronization     = var.keep_up
  desired_status           = "prechecked"
  wait_for                 = "none" # the verdict is read below: a failed check is no failed job

  source_endpoint {
    instance_type       = local.is_own_database ? "OTHER" : "RDS"
    engine_name         = var.source_database.engine
    instance_id         = var.source_database.instance_id
    ip                  = var.source_database.ip
    port                = local.is_own_database ? tostring(var.source_database.port) : null
    region              = var.source_database.region
    user_name           = var.source_database.user
    password_wo         = var.source_password
    password_wo_version = var.password_versions.source
  }

  destination_endpoint {
    instance_type       = "RDS"
    engine_name         = var.destination_database.engine
    instance_id         = var.destination_database.instance_id
    region              = var.destination_database.region
    user_name           = var.destination_database.user
    password_wo         = var.destination_password
    password_wo_version = var.password_versions.destination
  }

  dynamic "database" {
    for_each = var.databases

    content {
      name     = database.key
      new_name = database.value.new_name

      dynamic "table" {
        for_each = database.value.tables

        content {
          name = table.value
        }
      }
    }
  }
}

data "dts_precheck" "this" {
  job_id     = dts_job.this.id
  depends_on = [dts_job.this] # read after a pending change of the job, not before it
}

resource "dts_instance" "this" {
  count = var.purchase ? 1 : 0

  job_id           = dts_job.this.id
  auto_start       = true
  require_precheck = true # and the provider looks once more, right before it buys
  instance_class   = var.instance_class
  pay_type         = "PostPaid"

  lifecycle {
    # The provider refuses by itself. Said here, it is the module's own rule, which its tests can expect to fail.
    precondition {
      condition = data.dts_precheck.this.passed
      error_message = format("Nothing is bought, for the precheck of %s failed.\n%s", var.name, join("\n", [
        for item in data.dts_precheck.this.failed : "${item.code}: ${item.message} ${item.repair_method}"
      ]))
    }
  }
}
