data "dts_dedicated_clusters" "running" {
  state = "running"
}

output "free_dus" {
  value = { for cluster in data.dts_dedicated_clusters.running.clusters : cluster.name => cluster.oversold_du - cluster.used_du }
}
