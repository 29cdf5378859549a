"""Measurements: one module per question, each with a `main()` that prints its figures.

`make bench NAME=collector` runs one, `make bench` all of them. A figure that is worth keeping is
written into docs/performance.md by hand, with the machine and the date it was taken on.
"""
