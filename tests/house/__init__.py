"""How the code is laid out, and what no part of it does."""
