# Resume a job that was paused, and wait until it has caught up with its source:
#   terraform apply -invoke=action.dts_start_job.orders
action "dts_start_job" "orders" {
  config {
    job_id            = var.job_id
    wait_for          = "caught_up"
    max_delay_seconds = 5
    timeout           = "2h"
  }
}
