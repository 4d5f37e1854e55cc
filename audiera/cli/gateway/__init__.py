"""Commands about the gateway."""
