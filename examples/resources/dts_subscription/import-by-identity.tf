import {
  to = dts_subscription.orders
  identity = {
    id     = "l3m1213ye7l2q3n"
    region = "cn-hangzhou"
  }
}
