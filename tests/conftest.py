"""What holds for all tests: some run in a network of their own."""

pytest_plugins = ["tests.rigs.isolated"]
