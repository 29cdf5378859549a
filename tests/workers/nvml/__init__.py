"""Of the NVML reader, on scripted cards."""
