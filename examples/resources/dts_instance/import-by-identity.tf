import {
  to = dts_instance.orders
  identity = {
    id     = "dtsl3m1213ye7l2q3n"
    region = "cn-hangzhou"
  }
}
