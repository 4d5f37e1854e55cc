"""How a call becomes a transaction, a signed call, a preview or plain data."""

from audiera.client.calls.transactions import MAX_GAS, send

__all__ = ["MAX_GAS", "send"]
