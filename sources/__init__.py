"""What a DVS target is made of, where versions are kept: its sources, and trying them for real."""
