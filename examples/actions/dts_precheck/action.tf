# Run the precheck of a job that no instance was bought for, and see each check as it is decided:
#   terraform apply -invoke=action.dts_precheck.orders
action "dts_precheck" "orders" {
  config {
    job_id = var.job_id
  }
}
