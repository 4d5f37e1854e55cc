"""What some machines have and others do not. A test file that asks in vain is skipped whole, and says what it lacks."""

import os
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

from audiera.music.sound.fingerprint import available

__all__ = ["chromaprint", "extra", "mounts", "real_music"]


def real_music() -> Path:
    """The folder of real music to test with."""
    folder = os.environ.get("AUDIERA_MUSIC")
    if not folder:
        pytest.skip("no real music: name a folder of it in AUDIERA_MUSIC", allow_module_level=True)
    return Path(folder)


def chromaprint() -> None:
    """Chromaprint, a library of the system."""
    if not available():
        pytest.skip("no Chromaprint: install its library (libchromaprint1 on Debian)", allow_module_level=True)


def mounts() -> None:
    """A kernel that lets a user make mounts in a namespace of its own; some containers do not."""
    unshare = shutil.which("unshare")
    if not unshare or subprocess.run([unshare, "-Urm", "true"], check=False, capture_output=True).returncode:
        pytest.skip("no mounts of one's own: this kernel does not allow `unshare -Urm`", allow_module_level=True)


def extra(module: str) -> None:
    """A package that trains models, which `make test` does without; `make beside` has all of them."""
    if find_spec(module) is None:
        pytest.skip(f"no {module}: `make beside` installs it", allow_module_level=True)
