# A direction that cannot run is not paid for, whichever it is.

provider "dts" {
  region     = "cn-hangzhou"
  access_key = "testAccessKeyId"
  secret_key = "testAccessKeySecret"
}

variables {
  name            = "shop"
  first           = { instance_id = "rm-east", user = "dts" }
  second          = { instance_id = "rm-west", user = "dts" }
  first_password  = "first-password"
  second_password = "second-password"
  existing_tables = "keep"
  databases       = { shop = { tables = ["orders"] } }
}

run "tables_in_the_way_of_the_forward_job" {
  variables {
    existing_tables = "refuse"
  }

  expect_failures = [dts_instance.this]
}

run "only_the_forward_check_fails" {
  variables {
    stage           = "review"
    existing_tables = "refuse"
  }

  assert {
    condition     = contains(keys(output.precheck["forward"].failed), "CHECK_SAME_OBJ") && output.precheck["reverse"].passed
    error_message = jsonencode(output.precheck)
  }
}

run "a_second_database_without_binary_log" {
  variables {
    second = { instance_id = "rm-without-binlog", user = "dts" }
  }

  expect_failures = [dts_instance.this]
}

run "only_the_reverse_check_fails" {
  variables {
    stage  = "review"
    second = { instance_id = "rm-without-binlog", user = "dts" }
  }

  assert {
    condition     = output.precheck["forward"].passed && keys(output.precheck["reverse"].failed) == ["CHECK_BINLOG_ON"]
    error_message = jsonencode(output.precheck)
  }
}

# An account that may read and not write is enough for one direction, and not for the other.
run "a_first_account_that_may_not_write" {
  variables {
    stage = "review"
    first = { instance_id = "rm-east", user = "reader" }
  }

  assert {
    condition     = output.precheck["forward"].passed && keys(output.precheck["reverse"].failed) == ["CHECK_AUTH_DEST"]
    error_message = jsonencode(output.precheck)
  }
}

run "what_was_repaired_is_bought" {
  assert {
    condition     = output.instance_id != null && alltrue([for precheck in values(output.precheck) : precheck.passed])
    error_message = jsonencode(output.precheck)
  }
  assert {
    condition     = output.forward_job_id == run.only_the_forward_check_fails.forward_job_id
    error_message = "The job was made anew: what was reviewed is not what is bought for."
  }
}
