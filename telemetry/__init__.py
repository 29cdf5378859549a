"""One telemetry sample from end to end: codec, the bus, live fleet state, health rules."""
