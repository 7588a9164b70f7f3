import {
  to = dts_job.orders
  id = "l3m1213ye7l2q3n"
}
