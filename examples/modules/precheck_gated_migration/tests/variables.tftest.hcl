# What the module refuses before anything is asked of DTS.

variables {
  name                 = "shop"
  source_database      = { ip = "192.0.2.10", port = 3306, user = "dts" }
  destination_database = { instance_id = "rm-shop", user = "dts" }
  source_password      = "source-password"
  destination_password = "destination-password"
  databases            = { shop = {} }
}

run "an_odd_name" {
  command = plan

  variables {
    name = "My migration"
  }

  expect_failures = [var.name]
}

run "a_source_without_an_address" {
  command = plan

  variables {
    source_database = { user = "dts" }
  }

  expect_failures = [var.source_database]
}

run "a_source_without_a_port" {
  command = plan

  variables {
    source_database = { ip = "192.0.2.10", user = "dts" }
  }

  expect_failures = [var.source_database]
}

run "nothing_to_move" {
  command = plan

  variables {
    databases = {}
  }

  expect_failures = [var.databases]
}

run "too_large_a_class" {
  command = plan

  variables {
    instance_class = "xxlarge"
  }

  expect_failures = [var.instance_class]
}
