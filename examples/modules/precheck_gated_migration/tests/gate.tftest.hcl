# What cannot be moved is not paid for, and goes on from where it was once it is repaired.

provider "dts" {
  region     = "cn-hangzhou"
  access_key = "testAccessKeyId"
  secret_key = "testAccessKeySecret"
}

variables {
  name                 = "shop"
  source_database      = { ip = "192.0.2.10", port = 3306, user = "dts" }
  destination_database = { instance_id = "rm-shop", user = "dts" }
  source_password      = "source-password"
  destination_password = "destination-password"
  databases            = { shop = {} }
}

run "a_wrong_password_buys_nothing" {
  variables {
    destination_password = "last-years-password"
  }

  expect_failures = [dts_instance.this]
}

run "the_review_names_what_failed" {
  variables {
    purchase             = false
    destination_password = "last-years-password"
  }

  assert {
    condition     = keys(output.precheck.failed) == ["CHECK_AUTH_DEST"]
    error_message = "Failed: ${join(", ", keys(output.precheck.failed))}"
  }
}

run "the_right_password_is_bought_for" {
  variables {
    password_versions = { destination = 2 }
  }

  assert {
    condition     = output.precheck.passed && output.instance_id != null
    error_message = "Not bought, though the precheck has passed."
  }
  assert {
    condition     = output.job_id == run.the_review_names_what_failed.job_id
    error_message = "The job was made anew: what was reviewed is not what is bought for."
  }
}
