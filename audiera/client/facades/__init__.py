"""A method for every function of the contracts."""
