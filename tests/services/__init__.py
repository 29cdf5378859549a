"""Real servers for the tests, each with a data folder of its own and gone with who started it."""
