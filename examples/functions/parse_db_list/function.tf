locals {
  db_list = jsonencode({
    shop = {
      name  = "shop"
      all   = false
      Table = { orders = { name = "orders", all = true } }
    }
  })
}

# ["orders"]
output "tables" {
  value = keys(provider::dts::parse_db_list(local.db_list).shop.tables)
}
