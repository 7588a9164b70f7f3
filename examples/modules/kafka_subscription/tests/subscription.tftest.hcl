# The module as it is used: reviewed, bought, changed, and held to running, all on a local DTS.

provider "dts" {
  region     = "cn-hangzhou"
  access_key = "testAccessKeyId"
  secret_key = "testAccessKeySecret"
}

variables {
  name               = "shop-changes"
  source_database    = { instance_id = "rm-shop", user = "dts" }
  source_password    = "source-password"
  network            = { vpc_id = "vpc-consumers", vswitch_id = "vsw-consumers" }
  consumers          = { billing = { user_name = "billing_reader" } }
  consumer_passwords = { billing = "Billing-2026", search = "Search-2026" }
  databases          = { shop = { tables = ["orders"] } }
  alarm              = { delay_seconds = 60, phones = ["13800000000"] }
}

run "the_plan_tells_the_calls" {
  command = plan

  expect_failures = [check.can_be_consumed] # only the apply can tell

  assert {
    condition     = dts_subscription.this.operations == tolist(["ConfigureSubscription", "StartDtsJob"])
    error_message = "The subscription calls ${join(", ", dts_subscription.this.operations)}"
  }
  assert {
    condition     = dts_consumer_group.this["billing"].operations == tolist(["CreateConsumerChannel"])
    error_message = "The group calls ${join(", ", dts_consumer_group.this["billing"].operations)}"
  }
}

run "a_review_costs_nothing" {
  variables {
    stage = "review"
  }

  assert {
    condition     = output.precheck.passed
    error_message = jsonencode(output.precheck.failed)
  }
  assert {
    condition     = output.instance_id == null && output.brokers == null && length(output.consumers) == 0
    error_message = "Something was bought."
  }
}

run "then_a_kafka_client_has_all_it_needs" {
  assert {
    condition     = output.subscription_id == run.a_review_costs_nothing.subscription_id
    error_message = "Bought for another subscription than the one that was reviewed."
  }
  assert {
    condition     = can(regex("^[a-z0-9.-]+:[0-9]+$", output.brokers.vpc)) && length(output.topic) > 0
    error_message = "Brokers: ${jsonencode(output.brokers)}, topic: ${jsonencode(output.topic)}"
  }
  assert {
    condition     = output.consumers["billing"].user_name == "billing_reader-${output.consumers["billing"].group_id}"
    error_message = jsonencode(output.consumers)
  }
  assert {
    condition     = keys(dts_monitor_rule.this) == ["delay", "error"] && dts_monitor_rule.this["delay"].delay_rule_time == 60
    error_message = "Alarms: ${join(", ", keys(dts_monitor_rule.this))}"
  }
}

run "nothing_is_left_to_do" {
  command = plan

  assert {
    condition     = output.brokers == run.then_a_kafka_client_has_all_it_needs.brokers
    error_message = "The brokers would be others."
  }
}

run "a_table_a_password_and_a_consumer_in_place" {
  variables {
    databases = { shop = { tables = ["orders", "customers"] } }
    consumers = {
      billing = { user_name = "billing_reader", password_version = 2 }
      search  = { user_name = "search_reader" }
    }
    consumer_passwords = { billing = "Billing-2027", search = "Search-2026" }
    alarm              = { delay_seconds = 120, phones = ["13800000000", "13800000001"] }
  }

  assert {
    condition     = dts_subscription.this.operations == tolist(["ModifySubscription"])
    error_message = "The subscription calls ${join(", ", dts_subscription.this.operations)}"
  }
  assert {
    condition     = dts_consumer_group.this["billing"].operations == tolist(["ModifyConsumerChannel"])
    error_message = "The group calls ${join(", ", dts_consumer_group.this["billing"].operations)}"
  }
  assert {
    condition     = output.consumers["billing"] == run.then_a_kafka_client_has_all_it_needs.consumers["billing"] && length(output.consumers) == 2
    error_message = jsonencode(output.consumers)
  }
}

run "once_it_runs_it_is_held_to_that" {
  variables {
    stage     = "run"
    databases = { shop = { tables = ["orders", "customers"] } }
    alarm     = null
  }

  assert {
    condition     = dts_subscription.this.status == "Normal" && output.precheck == null
    error_message = "It is ${dts_subscription.this.status}."
  }
  assert {
    condition     = output.instance_id == run.then_a_kafka_client_has_all_it_needs.instance_id && length(dts_monitor_rule.this) == 0
    error_message = "The instance is another, or there are alarms."
  }
}
