"""The music that the demo registers: scores, and a synthesiser that plays them."""
