import {
  to = dts_consumer_group.billing
  id = "dtsl3m1213ye7l2q3n:dtsor1x2y3z4a5b6"
}
