import {
  to = dts_subscription.orders
  id = "l3m1213ye7l2q3n"
}
