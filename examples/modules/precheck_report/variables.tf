variable "moves" {
  description = "What is to be moved, by a name of your own: the RDS instances and the databases."
  type = map(object({
    source      = string
    destination = string
    databases   = set(string)
  }))

  validation {
    condition     = alltrue([for move in values(var.moves) : length(move.databases) > 0])
    error_message = "Every move needs a database."
  }
  validation {
    condition     = alltrue([for move in values(var.moves) : move.source != move.destination])
    error_message = "Nothing is moved from an instance to itself."
  }
}

variable "region" {
  description = "Region of the RDS instances."
  type        = string
  default     = "cn-hangzhou"
}

variable "user" {
  description = "Account of that name in all of them."
  type        = string
  default     = "dts"
}

variable "password" {
  description = "Password of that account. It is stored in the state, which goes away with the report."
  type        = string
  sensitive   = true
}
