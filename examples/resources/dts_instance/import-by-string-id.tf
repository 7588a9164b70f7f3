import {
  to = dts_instance.orders
  id = "dtsl3m1213ye7l2q3n"
}
