"""Tables, rules and operations. Knows no GraphQL, no HTTP and no Redis."""
