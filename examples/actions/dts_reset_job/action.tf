# Clear the configuration of a synchronization; its instance stays:
#   terraform apply -invoke=action.dts_reset_job.orders
action "dts_reset_job" "orders" {
  config {
    job_id = var.job_id
  }
}
