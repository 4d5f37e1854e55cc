"""Where things lie in the checkout."""

import os
from pathlib import Path

__all__ = ["BUILD", "COVERAGE", "DOCS", "ROOT", "SNAPSHOTS", "VECTORS"]

ROOT = Path(__file__).resolve().parents[2]
COVERAGE = Path(os.environ["AUDIERA_COVERAGE"]) if "AUDIERA_COVERAGE" in os.environ else None
"""Where what the contracts run is measured."""
BUILD = COVERAGE / "build" if COVERAGE else ROOT / "build"
DOCS = ROOT / "docs"
SNAPSHOTS = ROOT / "tests" / "snapshots"
VECTORS = ROOT / "tests" / "vectors"
