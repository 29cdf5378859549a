"""What a Prometheus scrapes at /metrics: the cluster's devices, the cluster, and this process."""
