# Pause a job, such as before maintenance of its source:
#   terraform apply -invoke=action.dts_suspend_job.orders
action "dts_suspend_job" "orders" {
  config {
    job_id = var.job_id
  }
}
