"""A year of ten thousand datasets, simulated: `make simulate` writes docs/simulation.md."""
