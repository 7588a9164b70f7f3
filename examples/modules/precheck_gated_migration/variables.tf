variable "name" {
  description = "Name of the migration, shown in the DTS console."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,62}$", var.name))
    error_message = "Two to 63 lower case letters, digits and hyphens, a letter first."
  }
}

variable "source_database" {
  description = "Where the data is. With an `instance_id` a database of Alibaba Cloud, with an `ip` one that you run yourself."
  type = object({
    engine      = optional(string, "MYSQL")
    instance_id = optional(string)
    ip          = optional(string)
    port        = optional(number)
    region      = optional(string, "cn-hangzhou")
    user        = string
  })

  validation {
    condition     = (var.source_database.instance_id == null) != (var.source_database.ip == null)
    error_message = "Either instance_id or ip, and not both."
  }
  validation {
    condition     = var.source_database.ip == null || var.source_database.port != null
    error_message = "A database that is reached by ip needs its port."
  }
}

variable "destination_database" {
  description = "Where the data goes: a database of Alibaba Cloud."
  type = object({
    engine      = optional(string, "MYSQL")
    instance_id = string
    region      = optional(string, "cn-hangzhou")
    user        = string
  })
}

variable "source_password" {
  description = "Password of the source's account. It is in no plan and in no state."
  type        = string
  sensitive   = true
  ephemeral   = true
}

variable "destination_password" {
  description = "Password of the destination's account, likewise."
  type        = string
  sensitive   = true
  ephemeral   = true
}

variable "password_versions" {
  description = "Raise the one whose password is another: what is stored nowhere cannot be compared."
  type = object({
    source      = optional(number, 1)
    destination = optional(number, 1)
  })
  default = {}
}

variable "databases" {
  description = "What is moved: databases by name, with the tables to move (without any: all) and the name they get (by default their own)."
  type = map(object({
    new_name = optional(string)
    tables   = optional(set(string), [])
  }))

  validation {
    condition     = length(var.databases) > 0
    error_message = "Name at least one database."
  }
}

variable "keep_up" {
  description = "Follow changes at the source once everything is moved, until you switch over. Otherwise the job ends by itself."
  type        = bool
  default     = false
}

variable "instance_class" {
  description = "How fast, and how expensive."
  type        = string
  default     = "small"

  validation {
    condition     = contains(["small", "medium", "large"], var.instance_class)
    error_message = "small, medium or large: the larger ones go through the database team."
  }
}

variable "purchase" {
  description = "Buy the instance and start. `false` configures and checks only, for a review, and costs nothing."
  type        = bool
  default     = true
}
