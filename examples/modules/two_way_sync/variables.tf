variable "name" {
  description = "Name of the synchronization, with which the names of its jobs begin."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,40}$", var.name))
    error_message = "Two to 41 lower case letters, digits and hyphens, a letter first."
  }
}

variable "first" {
  description = "The database that has the data: an RDS instance with MySQL."
  type = object({
    instance_id = string
    region      = optional(string, "cn-hangzhou")
    user        = string
  })
}

variable "second" {
  description = "The database that gets the data, and is written to as well from then on: another RDS instance with MySQL."
  type = object({
    instance_id = string
    region      = optional(string, "cn-hangzhou")
    user        = string
  })

  validation {
    condition     = var.second.instance_id != var.first.instance_id
    error_message = "Nothing is synchronized with itself."
  }
}

variable "first_password" {
  description = "Password of the account at the first database. It is in no plan and in no state."
  type        = string
  sensitive   = true
  ephemeral   = true
}

variable "second_password" {
  description = "Password of the account at the second database, likewise."
  type        = string
  sensitive   = true
  ephemeral   = true
}

variable "password_versions" {
  description = "Raise the one whose password is another: what is stored nowhere cannot be compared."
  type = object({
    first  = optional(number, 1)
    second = optional(number, 1)
  })
  default = {}
}

variable "databases" {
  description = "What is synchronized: databases by name, which both sides have, with their tables (without any: all)."
  type = map(object({
    tables = optional(set(string), [])
  }))

  validation {
    condition     = length(var.databases) > 0
    error_message = "Name at least one database."
  }
}

variable "existing_tables" {
  description = "Tables that the second database has already: `refuse`, or `keep` them with their rows and write to them."
  type        = string
  default     = "refuse"

  validation {
    condition     = contains(["refuse", "keep"], var.existing_tables)
    error_message = "refuse or keep."
  }
}

variable "conflict" {
  description = "What happens when both sides changed the same row: `interrupt` (the job stops and says so), `ignore` (the row stays as it is), `overwrite`."
  type        = string
  default     = "interrupt"

  validation {
    condition     = contains(["interrupt", "ignore", "overwrite"], var.conflict)
    error_message = "interrupt, ignore or overwrite."
  }
}

variable "instance_class" {
  description = "How fast, and how expensive; for each direction."
  type        = string
  default     = "small"

  validation {
    condition     = contains(["micro", "small", "medium", "large"], var.instance_class)
    error_message = "micro, small, medium or large: the larger ones go through the database team."
  }
}

variable "load_timeout" {
  description = "How long the apply that buys waits until all data is at the second database, before it has the way back begin."
  type        = string
  default     = "6h"

  validation {
    condition     = can(regex("^([0-9]+(h|m|s))+$", var.load_timeout))
    error_message = "A duration, such as 90m or 12h."
  }
}

variable "stage" {
  description = "How far to go: `review` (configured and checked, which costs nothing), `buy` (bought and started, if both checks pass), `run` (bought before; what was stopped or failed is started again)."
  type        = string
  default     = "buy"

  validation {
    condition     = contains(["review", "buy", "run"], var.stage)
    error_message = "review, buy or run."
  }
}
