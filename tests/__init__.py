"""A package by name, so that `tests` never means the one some dependency installs."""
