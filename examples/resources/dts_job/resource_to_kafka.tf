# Changes of some rows and columns of a MySQL of one's own to Kafka, with somebody told when the job falls behind. Configured and
# checked before anything is bought; that Kafka has the topic already does not matter.
resource "dts_job" "events" {
  dts_job_name             = "events"
  job_type                 = "SYNC"
  structure_initialization = true
  data_initialization      = true
  data_synchronization     = true
  desired_status           = "prechecked"

  target_table_mode        = "2"
  db_list_case_change_mode = "source"
  max_retry_time           = 720
  delay_notice             = true
  delay_rule_time          = 60

  source_endpoint {
    instance_type = "OTHER"
    engine_name   = "MYSQL"
    ip            = "192.0.2.10"
    port          = "3306"
    user_name     = "dts"
    password      = var.source_password
    ssl_solution  = "ENABLE_WITH_CERTIFICATE"
  }

  destination_endpoint {
    instance_type = "ECS"
    engine_name   = "KAFKA"
    instance_id   = "i-kafka"
    region        = "cn-hangzhou"
    port          = "9092"

    kafka {
      topic         = "shop"
      version       = "1.0"
      record_format = "canal_json"
      partition_key = "primary_key"
    }
  }

  database {
    name   = "shop"
    dml_op = "insert,update"

    table {
      name   = "orders"
      filter = "total > 100"

      column {
        name = "id"
      }
      column {
        name     = "total"
        new_name = "amount"
      }
    }
    table {
      name = "customers"
    }
  }

  precheck {
    on_warning = "error" # the next apply checks again
  }
}
