"""`audiera run`: what was trained, signed and held to the chain."""
