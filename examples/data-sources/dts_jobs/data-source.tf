# All synchronizations of the team that are not as they should be.
data "dts_jobs" "of_databases" {
  job_type = "SYNC"
  tags     = { team = "databases" }
}

output "not_synchronizing" {
  value = {
    for job in data.dts_jobs.of_databases.jobs :
    job.dts_job_name => job.error_message
    if job.status != "Synchronizing"
  }
}
