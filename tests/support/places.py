"""Where things lie in the checkout."""

from pathlib import Path

__all__ = ["BUILD", "DOCS", "ROOT", "SNAPSHOTS", "VECTORS"]

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
DOCS = ROOT / "docs"
SNAPSHOTS = ROOT / "tests" / "snapshots"
VECTORS = ROOT / "tests" / "vectors"
