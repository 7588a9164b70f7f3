# What the module refuses before anything is asked of DTS.

variables {
  name            = "shop"
  first           = { instance_id = "rm-east", user = "dts" }
  second          = { instance_id = "rm-west", user = "dts" }
  first_password  = "first-password"
  second_password = "second-password"
  databases       = { shop = {} }
}

run "an_odd_name" {
  command = plan

  variables {
    name = "My shop"
  }

  expect_failures = [var.name]
}

run "a_database_with_itself" {
  command = plan

  variables {
    second = { instance_id = "rm-east", user = "dts" }
  }

  expect_failures = [var.second]
}

run "nothing_to_synchronize" {
  command = plan

  variables {
    databases = {}
  }

  expect_failures = [var.databases]
}

run "an_unknown_policy" {
  command = plan

  variables {
    conflict        = "newest"
    existing_tables = "drop"
  }

  expect_failures = [var.conflict, var.existing_tables]
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
    stage        = "start"
    load_timeout = "half a day"
  }

  expect_failures = [var.stage, var.load_timeout]
}
