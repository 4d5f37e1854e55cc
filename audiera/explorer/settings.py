"""What an explorer is told when it starts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

__all__ = ["Settings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What an explorer is told when it starts. Nothing else is read from anywhere."""

    database: str
    """The index: an SQLAlchemy URL, of SQLite or PostgreSQL. It is only read."""
    public_url: str | None = None
    """Where the world finds the explorer, such as ``https://audiera.example``; None: where each request found it."""
    tokens: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    """Symbol and decimals of tokens by address, beside those that are known everywhere."""
    stores: Sequence[str] = ()
    """Where excerpts and pictures are taken from: folders and URLs, as `audiera.storage.Store.open` knows them."""
    asking: bool = False
    """Whether licences are asked for at the same place, as at a gateway (`/v1/requests`)."""
    seconds: float = 5.0
    """How long the queries of one page may take."""
