"""The process: settings, CLI, application, sign-in, GraphQL transports and security."""
