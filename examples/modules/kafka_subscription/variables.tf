variable "name" {
  description = "Name of the subscription, shown in the DTS console."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,62}$", var.name))
    error_message = "Two to 63 lower case letters, digits and hyphens, a letter first."
  }
}

variable "source_database" {
  description = "The database whose changes are followed: an RDS instance with MySQL."
  type = object({
    instance_id = string
    region      = optional(string, "cn-hangzhou")
    user        = string
  })
}

variable "source_password" {
  description = "Password of the account at the database. It is in no plan and in no state."
  type        = string
  sensitive   = true
  ephemeral   = true
}

variable "source_password_version" {
  description = "Raise it with another `source_password`: what is stored nowhere cannot be compared."
  type        = number
  default     = 1
}

variable "databases" {
  description = "What is followed: databases by name, with their tables (without any: all)."
  type = map(object({
    tables = optional(list(string), [])
  }))

  validation {
    condition     = length(var.databases) > 0
    error_message = "Name at least one database."
  }
  validation {
    condition     = alltrue([for database in values(var.databases) : length(distinct(database.tables)) == length(database.tables)])
    error_message = "A table is named twice."
  }
}

variable "structure_changes" {
  description = "Follow changes of structure as well as those of data."
  type        = bool
  default     = true
}

variable "network" {
  description = "Where the consumers are: their VPC, and a vSwitch in it."
  type = object({
    vpc_id     = string
    vswitch_id = string
  })

  validation {
    condition     = startswith(var.network.vpc_id, "vpc-") && startswith(var.network.vswitch_id, "vsw-")
    error_message = "The ids of a VPC (vpc-...) and of a vSwitch (vsw-...)."
  }
}

variable "consumers" {
  description = "Who reads the changes: a consumer group for each, by its name, with the account that it logs in with. Raise `password_version` with another password."
  type = map(object({
    user_name        = string
    password_version = optional(number, 1)
  }))

  validation {
    condition     = length(var.consumers) >= 1 && length(var.consumers) <= 20
    error_message = "A subscription has 1 to 20 consumer groups."
  }
  validation {
    condition     = alltrue([for name in keys(var.consumers) : length(name) <= 128])
    error_message = "The name of a consumer group has at most 128 characters."
  }
  validation {
    condition     = alltrue([for consumer in values(var.consumers) : can(regex("^[A-Za-z0-9_]{1,16}$", consumer.user_name))])
    error_message = "A user_name has 1 to 16 letters, digits and underscores."
  }
}

variable "consumer_passwords" {
  description = "Passwords of the consumers, by the same names. They are in no plan and in no state."
  type        = map(string)
  sensitive   = true
  ephemeral   = true

  validation {
    condition     = alltrue([for name in keys(var.consumers) : contains(keys(var.consumer_passwords), name)])
    error_message = "Every consumer needs a password."
  }
  validation {
    condition     = alltrue([for password in values(var.consumer_passwords) : length(password) >= 8 && length(password) <= 32])
    error_message = "A password has 8 to 32 characters."
  }
}

variable "alarm" {
  description = "Who is called when the subscription fails, or is behind by more than so many seconds. Null: nobody."
  type = object({
    delay_seconds = number
    phones        = list(string)
  })
  default = null

  validation {
    condition     = var.alarm == null || try(var.alarm.delay_seconds >= 10 && length(var.alarm.phones) >= 1 && length(var.alarm.phones) <= 10, false)
    error_message = "At least 10 seconds, and 1 to 10 phone numbers."
  }
}

variable "instance_class" {
  description = "How fast, and how expensive."
  type        = string
  default     = "small"

  validation {
    condition     = contains(["micro", "small", "medium", "large"], var.instance_class)
    error_message = "micro, small, medium or large: the larger ones go through the database team."
  }
}

variable "stage" {
  description = "How far to go: `review` (configured and checked, which costs nothing), `buy` (bought and started, if the check passes), `run` (bought before; what was suspended or failed is started again)."
  type        = string
  default     = "buy"

  validation {
    condition     = contains(["review", "buy", "run"], var.stage)
    error_message = "review, buy or run."
  }
}
