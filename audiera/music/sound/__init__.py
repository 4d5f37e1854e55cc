"""Sound as it is decoded: its samples, what names them, what it sounds like."""
