# Synchronizations that run, of a team; for `terraform query -generate-config-out=jobs.tf`.
list "dts_job" "orders" {
  provider = dts
  limit    = 50

  config {
    job_type = "SYNC"
    status   = "Synchronizing"
    name     = "orders"
    tags     = { team = "shop" }
  }
}
