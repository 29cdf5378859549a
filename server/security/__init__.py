"""What stands in front of every route, over HTTP and WebSocket alike (pure ASGI middleware)."""
