"""The contracts as data: ABIs, codecs, structs, events, and where a deployment has them."""

from audiera.client.contracts.artifacts import Artifact
from audiera.client.contracts.codec import decode_fields, decode_outputs, encode_call, expect

__all__ = ["Artifact", "decode_fields", "decode_outputs", "encode_call", "expect"]
