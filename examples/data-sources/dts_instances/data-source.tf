# What expires, and when.
data "dts_instances" "prepaid" {
  pay_type = "PrePaid"
}

output "expires" {
  value = { for instance in data.dts_instances.prepaid.instances : instance.id => instance.expire_time }
}
