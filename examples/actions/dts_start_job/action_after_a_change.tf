# Start the job after each change of something else in the configuration.
action "dts_start_job" "orders" {
  config {
    job_id = var.job_id
  }
}

resource "terraform_data" "schema" {
  input = "version 2 of the schema"

  lifecycle {
    action_trigger {
      events  = [after_create, after_update]
      actions = [action.dts_start_job.orders]
    }
  }
}
