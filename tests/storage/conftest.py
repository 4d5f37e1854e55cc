"""Stores of each kind."""

from tests.support.stores import *  # noqa: F403  # fixtures, and how they are chosen
