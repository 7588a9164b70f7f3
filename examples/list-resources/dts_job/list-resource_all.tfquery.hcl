# All jobs of the provider's region, with their whole state.
list "dts_job" "all" {
  provider         = dts
  include_resource = true
}
