"""Commands that serve what others read."""
