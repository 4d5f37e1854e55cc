import os
import shutil
import subprocess

from audiera.music.fingerprint import available

# Real music is tested where there is some; elsewhere those tests do not exist, rather than be skipped.
collect_ignore = [] if os.environ.get("AUDIERA_MUSIC") else ["test_real_music.py"]

# A user may make mounts in a namespace of its own where the kernel allows that; some containers do not.
_unshare = shutil.which("unshare")
if not _unshare or subprocess.run([_unshare, "-Urm", "true"], check=False, capture_output=True).returncode:
    collect_ignore.append("test_odd_mounts.py")

# Chromaprint is a library of the system, and optional.
if not available():
    collect_ignore += ["test_fingerprint_of_sound.py", "test_scan_by_ear.py"]
