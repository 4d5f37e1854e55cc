"""Storage: every file of a dataset by the sha-256 of its content, in a folder or behind any URL that fsspec knows."""
