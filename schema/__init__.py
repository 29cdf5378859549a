"""What GraphQL clients see: types, inputs, enums, scalars, and the committed schema.graphql."""
