# What cannot be followed is not paid for, and goes on from where it was once it is repaired.

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
  consumer_passwords = { billing = "Billing-2026" }
  databases          = { shop = { tables = ["orders"] } }
}

run "a_wrong_password_buys_nothing" {
  variables {
    source_password = "last-years-password"
  }

  expect_failures = [dts_instance.this]
}

run "the_review_names_what_failed" {
  variables {
    stage           = "review"
    source_password = "last-years-password"
  }

  assert {
    condition     = keys(output.precheck.failed) == ["CHECK_AUTH_SRC"]
    error_message = jsonencode(output.precheck)
  }
}

run "a_table_that_is_not_there_buys_nothing" {
  variables {
    source_password_version = 2
    databases               = { shop = { tables = ["orders", "refunds"] } }
  }

  expect_failures = [dts_instance.this]
}

run "what_was_repaired_is_bought" {
  variables {
    source_password_version = 2
  }

  assert {
    condition     = output.precheck.passed && output.instance_id != null
    error_message = jsonencode(output.precheck)
  }
  assert {
    condition     = output.subscription_id == run.the_review_names_what_failed.subscription_id
    error_message = "It was made anew: what was reviewed is not what is bought for."
  }
}
