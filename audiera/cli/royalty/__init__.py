"""royalty."""
