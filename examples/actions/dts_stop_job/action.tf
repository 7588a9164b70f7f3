# End a migration for good, once applications use its destination:
#   terraform apply -invoke=action.dts_stop_job.orders
action "dts_stop_job" "orders" {
  config {
    job_id  = var.job_id
    timeout = "5m"
  }
}
