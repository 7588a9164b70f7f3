# The module as it is used: reviewed first, then bought, all on a local DTS.

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
  databases = {
    shop = { new_name = "shop_2026", tables = ["orders"] }
  }
}

run "the_plan_tells_the_calls" {
  command = plan

  assert {
    condition     = dts_job.this.operations == tolist(["ConfigureDtsJob", "StartDtsJob"])
    error_message = "The job calls ${join(", ", dts_job.this.operations)}"
  }
  assert {
    condition     = dts_instance.this[0].operations == tolist(["CreateDtsInstance"])
    error_message = "The instance calls ${join(", ", dts_instance.this[0].operations)}"
  }
}

run "a_review_costs_nothing" {
  variables {
    purchase = false
  }

  assert {
    condition     = output.precheck.passed
    error_message = join("\n", values(output.precheck.failed))
  }
  assert {
    condition     = output.instance_id == null
    error_message = "An instance was bought."
  }
}

run "then_it_is_bought_and_started" {
  assert {
    condition     = output.job_id == run.a_review_costs_nothing.job_id
    error_message = "Bought for another job than the one that was reviewed."
  }
  assert {
    condition     = dts_instance.this[0].operations == tolist(["CreateDtsInstance"])
    error_message = "Calls: ${join(", ", dts_instance.this[0].operations)}"
  }
}

run "nothing_is_left_to_do" {
  command = plan

  assert {
    condition     = output.instance_id == run.then_it_is_bought_and_started.instance_id
    error_message = "The instance would be another."
  }
}
