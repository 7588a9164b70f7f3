# The module as it is used: reviewed, bought, changed, and held to running, all on a local DTS.

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
  databases       = { shop = { tables = ["orders", "customers"] } }
}

run "the_plan_tells_the_calls" {
  command = plan

  expect_failures = [check.both_directions_run] # only the apply can tell

  assert {
    condition     = dts_job.forward.operations == tolist(["ConfigureDtsJob", "StartDtsJob"])
    error_message = "The forward job calls ${join(", ", dts_job.forward.operations)}"
  }
  assert {
    condition     = dts_instance.this[0].operations == tolist(["CreateDtsInstance"])
    error_message = "The instance calls ${join(", ", dts_instance.this[0].operations)}"
  }
  assert {
    condition     = dts_job.reverse[0].operations == tolist(["ConfigureDtsJob"])
    error_message = "The reverse job calls ${join(", ", dts_job.reverse[0].operations)}"
  }
}

run "a_review_costs_nothing" {
  variables {
    stage = "review"
  }

  assert {
    condition     = alltrue([for direction in ["forward", "reverse"] : output.precheck[direction].passed])
    error_message = jsonencode(output.precheck)
  }
  assert {
    condition     = output.instance_id == null && output.reverse_job_id == null
    error_message = "Something was bought."
  }
}

run "then_both_directions_run_on_one_instance" {
  assert {
    condition     = output.forward_job_id == run.a_review_costs_nothing.forward_job_id
    error_message = "Bought for another job than the one that was reviewed."
  }
  assert {
    condition     = dts_instance.this[0].sync_architecture == "bidirectional"
    error_message = "The instance goes ${dts_instance.this[0].sync_architecture}."
  }
  assert {
    condition     = data.dts_job.forward[0].status == "Synchronizing" && dts_job.reverse[0].status == "Synchronizing"
    error_message = "Forward is ${data.dts_job.forward[0].status}, reverse is ${dts_job.reverse[0].status}."
  }
}

run "nothing_is_left_to_do" {
  command = plan

  assert {
    condition     = output.instance_id == run.then_both_directions_run_on_one_instance.instance_id
    error_message = "The instance would be another."
  }
}

run "a_table_is_added_in_both_directions_in_place" {
  variables {
    databases = { shop = { tables = ["orders", "customers", "invoices"] } }
  }

  assert {
    condition     = alltrue([for job in [dts_job.forward, dts_job.reverse[0]] : job.operations == tolist(["ModifyDtsJob"])])
    error_message = "Forward: ${join(", ", dts_job.forward.operations)}; reverse: ${join(", ", dts_job.reverse[0].operations)}"
  }
  assert {
    condition     = output.reverse_job_id == run.then_both_directions_run_on_one_instance.reverse_job_id
    error_message = "The reverse job is another."
  }
}

run "once_it_runs_it_is_held_to_that" {
  variables {
    stage     = "run"
    databases = { shop = { tables = ["orders", "customers", "invoices"] } }
  }

  assert {
    condition     = length(dts_job.rehearsal) == 0 && dts_job.forward.desired_status == "running"
    error_message = "The rehearsal is still there."
  }
  assert {
    condition     = output.instance_id == run.then_both_directions_run_on_one_instance.instance_id
    error_message = "The instance is another."
  }
}
