"""A node: what it answers, how it refuses, how its logs are read."""

from audiera.client.chain.node import FundsError, Message, Node, RefusalError, connect

__all__ = ["FundsError", "Message", "Node", "RefusalError", "connect"]
