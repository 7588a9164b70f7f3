output "instance_id" {
  description = "Id of the instance, null while nothing is bought."
  value       = one(dts_instance.this[*].id)
}

output "forward_job_id" {
  description = "Id of the job from the first to the second database."
  value       = dts_job.forward.id
}

output "reverse_job_id" {
  description = "Id of the job from the second to the first database, null while nothing is bought."
  value       = one(dts_job.reverse[*].id)
}

output "precheck" {
  description = "For each direction, what its check found before the purchase: whether it passed, and how to repair each item that failed. Empty with stage `run`."
  value = {
    for direction, precheck in data.dts_precheck.this : direction => {
      passed = precheck.passed
      failed = { for item in precheck.failed : item.code => "${item.message} ${item.repair_method}" }
    }
  }
}
