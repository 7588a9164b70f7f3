# What the module refuses before anything is asked of DTS.

variables {
  name               = "shop-changes"
  source_database    = { instance_id = "rm-shop", user = "dts" }
  source_password    = "source-password"
  network            = { vpc_id = "vpc-consumers", vswitch_id = "vsw-consumers" }
  consumers          = { billing = { user_name = "billing_reader" } }
  consumer_passwords = { billing = "Billing-2026" }
  databases          = { shop = {} }
}

run "an_odd_name" {
  command = plan

  variables {
    name = "Changes of the shop"
  }

  expect_failures = [var.name]
}

run "nothing_to_follow" {
  command = plan

  variables {
    databases = {}
  }

  expect_failures = [var.databases]
}

run "a_table_twice" {
  command = plan

  variables {
    databases = { shop = { tables = ["orders", "orders"] } }
  }

  expect_failures = [var.databases]
}

run "ids_mixed_up" {
  command = plan

  variables {
    network = { vpc_id = "vsw-consumers", vswitch_id = "vpc-consumers" }
  }

  expect_failures = [var.network]
}

run "nobody_to_read_it" {
  command = plan

  variables {
    consumers = {}
  }

  expect_failures = [var.consumers]
}

run "too_long_an_account" {
  command = plan

  variables {
    consumers = { billing = { user_name = "the-reader-of-billing" } }
  }

  expect_failures = [var.consumers]
}

run "a_consumer_without_a_password" {
  command = plan

  variables {
    consumers = {
      billing = { user_name = "billing_reader" }
      search  = { user_name = "search_reader" }
    }
  }

  expect_failures = [var.consumer_passwords]
}

run "too_short_a_password" {
  command = plan

  variables {
    consumer_passwords = { billing = "Short-1" }
  }

  expect_failures = [var.consumer_passwords]
}

run "an_alarm_that_calls_nobody" {
  command = plan

  variables {
    alarm = { delay_seconds = 60, phones = [] }
  }

  expect_failures = [var.alarm, check.can_be_consumed] # all but the alarms is planned
}

run "too_large_a_class" {
  command = plan

  variables {
    instance_class = "4xlarge"
  }

  expect_failures = [var.instance_class]
}

run "an_unknown_stage" {
  command = plan

  variables {
    stage = "start"
  }

  expect_failures = [var.stage]
}
