"""Commands about folders of music, without a chain."""
