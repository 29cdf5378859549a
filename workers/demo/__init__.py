"""A simulated cluster for machines without GPUs: realistic, seeded, and read like a real one."""

from workers.demo.fleet import DemoFleet
from workers.demo.size import DEFAULT_SIZE, BadSize, Size, parse_size

__all__ = ["DEFAULT_SIZE", "BadSize", "DemoFleet", "Size", "parse_size"]
