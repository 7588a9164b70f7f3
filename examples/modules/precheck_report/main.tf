# Jobs that are configured and checked, and never bought an instance for: nothing is moved, and nothing is paid for.

resource "dts_job" "move" {
  for_each = var.moves

  dts_job_name             = "report-${each.key}"
  job_type                 = "MIGRATION"
  structure_initialization = true
  data_initialization      = true
  data_synchronization     = true
  desired_status           = "prechecked"
  wait_for                 = "none" # a failed check is what is asked for here, and no error

  source_endpoint {
    instance_type = "RDS"
    instance_id   = each.value.source
    region        = var.region
    user_name     = var.user
    password      = var.password
  }

  destination_endpoint {
    instance_type = "RDS"
    instance_id   = each.value.destination
    region        = var.region
    user_name     = var.user
    password      = var.password
  }

  dynamic "database" {
    for_each = each.value.databases

    content {
      name = database.value
    }
  }
}

data "dts_precheck" "move" {
  for_each = var.moves

  job_id     = dts_job.move[each.key].id
  depends_on = [dts_job.move] # read after a pending change, not before it
}

# A warning in a plan and an apply; a failure in `terraform test`, unless it is expected.
check "all_can_be_moved" {
  assert {
    condition     = alltrue([for precheck in data.dts_precheck.move : precheck.passed])
    error_message = "Cannot be moved yet: ${join(", ", [for name, precheck in data.dts_precheck.move : name if !precheck.passed])}"
  }
}
