# Configured and checked first, bought and started only after the check has passed; then the groups that read it.

locals {
  bought = contains(["buy", "run"], var.stage)
  runs   = var.stage == "run"
}

resource "dts_subscription" "this" {
  dts_job_name                     = var.name
  subscription_instance_vpc_id     = var.network.vpc_id
  subscription_instance_vswitch_id = var.network.vswitch_id
  subscription_data_type_ddl       = var.structure_changes
  desired_status                   = local.runs ? "running" : "prechecked"
  wait_for                         = local.runs ? "running" : "none" # the verdict is read below: a failed check is no failed job

  source_endpoint {
    instance_type       = "RDS"
    engine_name         = "MySQL"
    instance_id         = var.source_database.instance_id
    region              = var.source_database.region
    user_name           = var.source_database.user
    password_wo         = var.source_password
    password_wo_version = var.source_password_version
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

data "dts_precheck" "this" {
  count = local.runs ? 0 : 1

  job_id     = dts_subscription.this.id
  depends_on = [dts_subscription.this] # read after a pending change, not before it
}

resource "dts_instance" "this" {
  count = local.bought ? 1 : 0

  job_id           = dts_subscription.this.id
  auto_start       = true
  require_precheck = true # and the provider looks once more, right before it buys
  instance_class   = var.instance_class
  pay_type         = "PostPaid"

  lifecycle {
    # Not held against what is bought already (`run`): repairs are planned too.
    precondition {
      condition = alltrue(data.dts_precheck.this[*].passed)
      error_message = format("Nothing is bought, for the precheck of %s failed.\n%s", var.name, join("\n", [
        for item in flatten(data.dts_precheck.this[*].failed) : "${item.code}: ${item.message} ${item.repair_method}"
      ]))
    }
  }
}

resource "dts_consumer_group" "this" {
  for_each = local.bought ? var.consumers : {}

  dts_job_id                         = dts_subscription.this.id
  consumer_group_name                = each.key
  consumer_group_user_name           = each.value.user_name
  consumer_group_password_wo         = var.consumer_passwords[each.key]
  consumer_group_password_wo_version = each.value.password_version

  depends_on = [dts_instance.this] # only what runs has groups
}

# What the consumers need to know: the subscription's own resource ends before the purchase, when there is neither broker nor topic.
data "dts_job" "this" {
  count = local.bought ? 1 : 0

  id         = dts_subscription.this.id
  depends_on = [dts_consumer_group.this] # they wait until it runs
}

resource "dts_monitor_rule" "this" {
  for_each = local.bought && var.alarm != null ? toset(["delay", "error"]) : []

  dts_job_id      = dts_subscription.this.id
  type            = each.key
  delay_rule_time = each.key == "delay" ? var.alarm.delay_seconds : null
  phone           = join(",", var.alarm.phones)

  depends_on = [dts_instance.this]
}

# A warning in every plan and apply as long as nothing can be read.
check "can_be_consumed" {
  assert {
    condition     = alltrue([for job in data.dts_job.this : lower(job.status) == "normal"])
    error_message = "The subscription ${var.name} does not run. With stage = \"run\" the next apply starts it again."
  }
}
