"""license."""
