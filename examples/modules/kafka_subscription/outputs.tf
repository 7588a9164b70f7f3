output "instance_id" {
  description = "Id of the instance, null while nothing is bought."
  value       = one(dts_instance.this[*].id)
}

output "subscription_id" {
  description = "Id of the subscription."
  value       = dts_subscription.this.id
}

output "brokers" {
  description = "The Kafka brokers, host and port: `vpc` for consumers in the VPC, `public` for those on the Internet. Null while nothing is bought."
  value = one([for job in data.dts_job.this : {
    vpc    = job.subscription_host.vpc_host
    public = job.subscription_host.public_host
  }])
}

output "topic" {
  description = "The Kafka topic, null while nothing is bought."
  value       = one(data.dts_job.this[*].subscribe_topic)
}

output "consumers" {
  description = "For each consumer what its Kafka client needs: `group_id`, and the `user_name` to log in with, which is the account and the group together."
  value = {
    for name, group in dts_consumer_group.this : name => {
      group_id  = group.consumer_group_id
      user_name = "${group.consumer_group_user_name}-${group.consumer_group_id}"
    }
  }
}

output "precheck" {
  description = "What the check found before the purchase: whether it passed, and how to repair each item that failed. Null with stage `run`."
  value = one([for precheck in data.dts_precheck.this : {
    passed = precheck.passed
    failed = { for item in precheck.failed : item.code => "${item.message} ${item.repair_method}" }
  }])
}
