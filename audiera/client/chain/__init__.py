"""A node: what it answers, how it refuses, how its logs are read."""

from audiera.client.chain.asking import check_url
from audiera.client.chain.node import MAX_FEE, FundsError, Message, Node, RefusalError, connect, ether_text

__all__ = ["MAX_FEE", "FundsError", "Message", "Node", "RefusalError", "check_url", "connect", "ether_text"]
