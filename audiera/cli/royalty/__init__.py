"""Commands about who is owed."""
