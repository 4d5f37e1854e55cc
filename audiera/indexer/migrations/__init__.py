"""The schema of the index, from one release to the next."""
