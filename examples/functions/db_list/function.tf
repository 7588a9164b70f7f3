locals {
  tables = ["orders", "order_items", "customers"]
}

output "db_list" {
  value = provider::dts::db_list({
    shop = {
      new_name = "shop_archive"
      tables   = { for name in local.tables : name => { new_name = "${name}_2026" } }
    }
    crm = {}
  })
}
