"""Pools, groups and users as the objects of a Kubernetes cluster, and its jobs as ours."""
