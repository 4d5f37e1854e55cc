"""Commands that check a history."""
