"""Commands about use."""
