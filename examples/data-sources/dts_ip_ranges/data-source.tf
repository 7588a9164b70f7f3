# What the databases have to let in.
data "dts_ip_ranges" "both" {
  source_region      = "cn-hangzhou"
  destination_region = "cn-shanghai"
}

# Where DTS comes through a VPC, the ranges of each side.
data "dts_ip_ranges" "inside" {
  source_region      = "cn-hangzhou"
  destination_region = "cn-shanghai"
  type               = "vpc"

  source_vpc {
    vpc_id             = "vpc-bp1opxu1zkhn00gzv26cn"
    primary_vswitch_id = "vsw-bp1ydv1qjqyxr5n0z7a7o"
  }
}

output "allow" {
  value = {
    everywhere     = data.dts_ip_ranges.both.ip_ranges
    at_destination = data.dts_ip_ranges.inside.destination_ip_ranges
  }
}
