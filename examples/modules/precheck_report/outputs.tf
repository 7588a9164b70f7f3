output "ready" {
  description = "The moves whose precheck has passed."
  value       = toset([for name, precheck in data.dts_precheck.move : name if precheck.passed])
}

output "repairs" {
  description = "For each of the others, by item of the precheck, what was found and how to repair it."
  value = {
    for name, precheck in data.dts_precheck.move : name => {
      for item in precheck.failed : item.code => "${item.message} ${item.repair_method}"
    } if !precheck.passed
  }
}
