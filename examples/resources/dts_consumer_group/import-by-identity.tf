import {
  to = dts_consumer_group.billing
  identity = {
    id     = "dtsl3m1213ye7l2q3n:dtsor1x2y3z4a5b6"
    region = "cn-hangzhou"
  }
}
