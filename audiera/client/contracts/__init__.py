"""The contracts as data: ABIs, codecs, structs, events, and where a deployment has them."""

from audiera.client.contracts.artifacts import Artifact, Entry, Param, artifact
from audiera.client.contracts.codec import decode_fields, decode_outputs, encode_call, expect, snake
from audiera.client.contracts.suite import Contract, Suite

__all__ = [
    "Artifact",
    "Contract",
    "Entry",
    "Param",
    "Suite",
    "artifact",
    "decode_fields",
    "decode_outputs",
    "encode_call",
    "expect",
    "snake",
]
