"""Commands about the index."""
