"""Gas of the operations that have a budget: `make gas` measures, writes the snapshot and prints both."""
