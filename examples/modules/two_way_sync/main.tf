# Two databases that are both written to. Both directions are checked first; then an instance is bought that goes both ways, and each
# direction is a job on it: forward from the first to the second with all that is there, reverse with what changes from then on.

locals {
  bought = contains(["buy", "run"], var.stage)
  runs   = var.stage == "run"
}

resource "dts_job" "forward" {
  dts_job_name             = "${var.name}-forward"
  job_type                 = "SYNC"
  structure_initialization = true
  data_initialization      = true
  data_synchronization     = true
  desired_status           = local.runs ? "running" : "prechecked"
  wait_for                 = local.runs ? "running" : "none" # the verdict is read below: a failed check is no failed job
  target_table_mode        = var.existing_tables == "keep" ? "2" : "0"
  conflict                 = var.conflict
  reserve                  = jsonencode({ syncArchitecture = "bidirectional" })

  source_endpoint {
    instance_type       = "RDS"
    engine_name         = "MYSQL"
    instance_id         = var.first.instance_id
    region              = var.first.region
    user_name           = var.first.user
    password_wo         = var.first_password
    password_wo_version = var.password_versions.first
  }

  destination_endpoint {
    instance_type       = "RDS"
    engine_name         = "MYSQL"
    instance_id         = var.second.instance_id
    region              = var.second.region
    user_name           = var.second.user
    password_wo         = var.second_password
    password_wo_version = var.password_versions.second
  }

  dynamic "database" {
    for_each = var.databases

    content {
      name = database.key

      dynamic "table" {
        for_each = database.value.tables

        content {
          name = table.value
        }
      }
    }
  }
}

# The reverse job comes with the instance, too late to be checked before that is bought. So a job of one way is checked in its place, and never
# bought for: of the same databases and accounts, but of no single tables, which the second database may not have yet.
resource "dts_job" "rehearsal" {
  count = local.runs ? 0 : 1

  dts_job_name             = "${var.name}-rehearsal"
  job_type                 = "SYNC"
  structure_initialization = false
  data_initialization      = false
  data_synchronization     = true
  desired_status           = "prechecked"
  wait_for                 = "none"
  target_table_mode        = "2"

  source_endpoint {
    instance_type       = "RDS"
    engine_name         = "MYSQL"
    instance_id         = var.second.instance_id
    region              = var.second.region
    user_name           = var.second.user
    password_wo         = var.second_password
    password_wo_version = var.password_versions.second
  }

  destination_endpoint {
    instance_type       = "RDS"
    engine_name         = "MYSQL"
    instance_id         = var.first.instance_id
    region              = var.first.region
    user_name           = var.first.user
    password_wo         = var.first_password
    password_wo_version = var.password_versions.first
  }

  dynamic "database" {
    for_each = var.databases

    content {
      name = database.key
    }
  }
}

data "dts_precheck" "this" {
  for_each = local.runs ? {} : { forward = dts_job.forward.id, reverse = one(dts_job.rehearsal[*].id) }

  job_id     = each.value
  depends_on = [dts_job.forward, dts_job.rehearsal] # read after a pending change of the jobs, not before it
}

resource "dts_instance" "this" {
  count = local.bought ? 1 : 0

  job_id            = dts_job.forward.id
  auto_start        = true
  require_precheck  = true # and the provider looks once more, right before it buys
  sync_architecture = "bidirectional"
  instance_class    = var.instance_class
  pay_type          = "PostPaid"

  lifecycle {
    # Not held against what is bought already (`run`): repairs are planned too.
    precondition {
      condition = alltrue([for precheck in data.dts_precheck.this : precheck.passed])
      error_message = format("Nothing is bought, for a precheck of %s failed.\n%s", var.name, join("\n", flatten([
        for direction, precheck in data.dts_precheck.this : [
          for item in precheck.failed : "${direction}, ${item.code}: ${item.message} ${item.repair_method}"
        ]
      ])))
    }
  }
}

resource "dts_job" "reverse" {
  count = local.bought ? 1 : 0

  dts_instance_id           = dts_instance.this[0].id
  synchronization_direction = "Reverse" # configured once the forward job has loaded all
  dts_job_name              = "${var.name}-reverse"
  job_type                  = "SYNC"
  structure_initialization  = false # it is there already, and DTS carries changes of structure one way only
  data_initialization       = false
  data_synchronization      = true
  filter_ddl                = true
  desired_status            = "running"
  wait_for                  = "initialized"
  target_table_mode         = "2"
  conflict                  = var.conflict

  source_endpoint {
    instance_type       = "RDS"
    engine_name         = "MYSQL"
    instance_id         = var.second.instance_id
    region              = var.second.region
    user_name           = var.second.user
    password_wo         = var.second_password
    password_wo_version = var.password_versions.second
  }

  destination_endpoint {
    instance_type       = "RDS"
    engine_name         = "MYSQL"
    instance_id         = var.first.instance_id
    region              = var.first.region
    user_name           = var.first.user
    password_wo         = var.first_password
    password_wo_version = var.password_versions.first
  }

  dynamic "database" {
    for_each = var.databases

    content {
      name = database.key

      dynamic "table" {
        for_each = database.value.tables

        content {
          name = table.value
        }
      }
    }
  }

  timeouts {
    create = var.load_timeout
  }
}

# How the forward job is once all is done: its own resource ends before the purchase.
data "dts_job" "forward" {
  count = local.bought ? 1 : 0

  id         = dts_job.forward.id
  depends_on = [dts_job.reverse]
}

# A warning in every plan and apply as long as one direction stands still.
check "both_directions_run" {
  assert {
    condition     = alltrue([for job in data.dts_job.forward : lower(job.status) == "synchronizing"])
    error_message = "The forward job of ${var.name} does not run. With stage = \"run\" the next apply starts it again."
  }
  assert {
    condition     = alltrue([for job in dts_job.reverse : lower(job.status) == "synchronizing"])
    error_message = "The reverse job of ${var.name} does not run. The next apply starts it again."
  }
}
