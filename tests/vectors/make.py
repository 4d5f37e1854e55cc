"""Write the test vectors, or check that those on disk are what the package makes today.

Run ``python -m tests.vectors.make`` after a deliberate change of format, and with ``--check`` to see
whether there was one. The contracts and OpenZeppelin's JavaScript are checked against the same files.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.vectors.plain import Json
from tests.vectors.runs import run_vectors
from tests.vectors.texts import amount_vectors, cid_vectors
from tests.vectors.trees import batch_vectors, item_vectors, served_vectors, split_vectors, sum_tree_vectors
from tests.vectors.values import id_vectors, lineage_vectors, struct_vectors, terms_vectors

__all__ = ["VECTORS", "main", "stale"]

FOLDER = Path(__file__).parent

VECTORS: Mapping[str, Callable[[], Json]] = {
    "amounts": amount_vectors,
    "batch": batch_vectors,
    "cids": cid_vectors,
    "ids": id_vectors,
    "items": item_vectors,
    "lineage": lineage_vectors,
    "runs": run_vectors,
    "served": served_vectors,
    "splits": split_vectors,
    "structs": struct_vectors,
    "sumtrees": sum_tree_vectors,
    "terms": terms_vectors,
}
"""What each file holds, by its name without ``.json``."""


def rendered(name: str) -> str:
    """Return the text of one vector file."""
    return json.dumps(VECTORS[name](), indent=1, ensure_ascii=False) + "\n"


def stale(folder: Path = FOLDER) -> list[str]:
    """Return the names of the files that are missing or differ."""
    paths = {name: folder / f"{name}.json" for name in VECTORS}
    return [name for name, path in paths.items() if not path.exists() or path.read_text("utf-8") != rendered(name)]


def main(arguments: list[str]) -> int:
    """Write all files, or with ``--check`` say which are stale; return the exit code."""
    if arguments not in ([], ["--check"]):
        print("usage: python -m tests.vectors.make [--check]", file=sys.stderr)
        return 2
    old = stale()
    if not arguments:
        for name in old:
            (FOLDER / f"{name}.json").write_text(rendered(name), "utf-8")
            print(f"wrote tests/vectors/{name}.json")
    elif old:
        print(f"Stale vectors: {', '.join(old)}; run python -m tests.vectors.make.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
