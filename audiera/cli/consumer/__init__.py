"""Commands of whoever uses licensed music."""
