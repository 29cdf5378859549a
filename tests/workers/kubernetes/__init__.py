"""Kubernetes: what the controller does in a cluster, and what it reads there."""
