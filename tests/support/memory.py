"""What commands remember of datasets and tokens, between runs and from folder to folder."""

import os
from pathlib import Path

__all__ = ["forget"]


def forget() -> None:
    """Make whoever runs commands somebody who has seen nothing yet."""
    Path(os.environ["AUDIERA_STATE"], "seen.sqlite").unlink(missing_ok=True)
