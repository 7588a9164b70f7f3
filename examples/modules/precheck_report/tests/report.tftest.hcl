# One that can be moved, and two that cannot.

provider "dts" {
  region     = "cn-hangzhou"
  access_key = "testAccessKeyId"
  secret_key = "testAccessKeySecret"
}

variables {
  password = "the-password"
  moves = {
    shop   = { source = "rm-old", destination = "rm-new", databases = ["shop"] }
    stock  = { source = "rm-old", destination = "rm-new", databases = ["stock"] }
    ledger = { source = "rm-older", destination = "rm-new", databases = ["ledger"] }
  }
}

run "the_report_names_what_to_repair" {
  expect_failures = [check.all_can_be_moved]

  assert {
    condition     = output.ready == toset(["shop"])
    error_message = "Ready: ${join(", ", output.ready)}"
  }
  assert {
    condition     = contains(keys(output.repairs["stock"]), "CHECK_SAME_OBJ")
    error_message = "Stock: ${join(", ", keys(output.repairs["stock"]))}"
  }
  assert {
    condition     = contains(keys(output.repairs["ledger"]), "CHECK_BINLOG_ON")
    error_message = "Ledger: ${join(", ", keys(output.repairs["ledger"]))}"
  }
}

run "what_is_ready_passes_alone" {
  variables {
    moves = { shop = { source = "rm-old", destination = "rm-new", databases = ["shop"] } }
  }

  assert {
    condition     = output.ready == toset(["shop"]) && length(output.repairs) == 0
    error_message = "Not ready."
  }
}
