"""GraphQL over HTTP and WebSocket, and what every document must pass."""
