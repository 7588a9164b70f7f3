# Skip checks that have failed, then run the precheck again:
#   terraform apply -invoke=action.dts_skip_precheck.orders
#   terraform apply -invoke=action.dts_precheck.orders
action "dts_skip_precheck" "orders" {
  config {
    job_id = var.job_id
    items  = ["CHECK_SAME_OBJ", "CHECK_DEST_TABLE_EMPTY"]
  }
}

action "dts_precheck" "orders" {
  config {
    job_id = var.job_id
  }
}
