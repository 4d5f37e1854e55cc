"""A node: what it answers, how it refuses, how its logs are read."""

from audiera.client.chain.node import FundsError, Message, Node, connect

__all__ = ["FundsError", "Message", "Node", "connect"]
