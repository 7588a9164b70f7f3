output "job_id" {
  description = "Id of the job."
  value       = dts_job.this.id
}

output "instance_id" {
  description = "Id of the instance, null while nothing is bought."
  value       = one(dts_instance.this[*].id)
}

output "precheck" {
  description = "What the precheck found: whether it passed, and how to repair each item that failed."
  value = {
    passed = data.dts_precheck.this.passed
    failed = { for item in data.dts_precheck.this.failed : item.code => "${item.message} ${item.repair_method}" }
  }
}
