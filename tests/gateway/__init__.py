"""The gateway: a server, and people who ask it."""
