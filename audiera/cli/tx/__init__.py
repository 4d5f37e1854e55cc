"""Commands about transactions that were sent."""
