# What the module refuses before anything is asked of DTS.

variables {
  password = "the-password"
}

run "no_database" {
  command = plan

  variables {
    moves = { shop = { source = "rm-old", destination = "rm-new", databases = [] } }
  }

  expect_failures = [var.moves]
}

run "onto_itself" {
  command = plan

  variables {
    moves = { shop = { source = "rm-old", destination = "rm-old", databases = ["shop"] } }
  }

  expect_failures = [var.moves]
}
