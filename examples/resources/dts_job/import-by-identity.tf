import {
  to = dts_job.orders
  identity = {
    id     = "l3m1213ye7l2q3n"
    region = "cn-hangzhou"
  }
}
