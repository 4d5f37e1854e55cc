"""How the package stands beside the floor of what it is built on, as ratios: `make bench`."""
