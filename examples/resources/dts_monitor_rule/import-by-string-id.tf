import {
  to = dts_monitor_rule.behind
  id = "l3m1213ye7l2q3n:delay"
}
