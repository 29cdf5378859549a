"""Processes that feed the product: the collector (one per node) and the controller."""
