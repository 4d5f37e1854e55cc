"""Pulled music, as training takes it.

Shelf               the files of a pulled folder, each verified as it is read
Serving             the same in an order to train in, shared by ranks and workers, and written down as it is served
write_shards        the same in shards, for WebDataset and for Hugging Face's `datasets`

What needs PyTorch or fsspec is taken by its module: `audiera.loading.torch`, `audiera.loading.filesystem`.
"""

from audiera.loading.forms import FORMS, Form, form_of
from audiera.loading.serving import Serving, decode
from audiera.loading.shards import Sharded, room_for, write_shards
from audiera.loading.shelf import Entry, Shelf

__all__ = ["FORMS", "Entry", "Form", "Serving", "Sharded", "Shelf", "decode", "form_of", "room_for", "write_shards"]
