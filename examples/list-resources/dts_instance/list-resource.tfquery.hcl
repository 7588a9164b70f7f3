# What is paid for and was never configured.
list "dts_instance" "unused" {
  provider = dts

  config {
    status = "NotConfigured"
  }
}
