"""Pulled music, as training takes it.

Shelf               the files of a pulled folder, each verified as it is read
write_shards        the same in shards, for WebDataset and for Hugging Face's `datasets`

What needs PyTorch or fsspec is taken by its module: `audiera.loading.torch`, `audiera.loading.filesystem`.
"""

from audiera.loading.forms import FORMS, Form, form_of
from audiera.loading.shards import Sharded, write_shards
from audiera.loading.shelf import Entry, Shelf

__all__ = ["FORMS", "Entry", "Form", "Sharded", "Shelf", "form_of", "write_shards"]
