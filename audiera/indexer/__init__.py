"""The index: the events of the suite as tables, and what can be searched in them."""
