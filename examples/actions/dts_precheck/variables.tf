variable "job_id" {
  description = "Id of the job (DtsJobId)."
  type        = string
}
