"""A folder mounted within itself: made in a mount namespace of its own, where the system allows one."""

import shlex
import subprocess
import sys
from pathlib import Path

from tests.support.music import write_tone
from tests.support.optional import mounts

mounts()


def test_a_mount_loop_is_named_and_not_followed(tmp_path: Path) -> None:
    """AUD-A49"""
    write_tone(tmp_path / "a.wav")
    (tmp_path / "side" / "within").mkdir(parents=True)
    mount = shlex.join(["mount", "--bind", str(tmp_path), str(tmp_path / "side" / "within")])
    code = f"from audiera.cli.main import main; main(['scan', {str(tmp_path)!r}])"
    scan = shlex.join([sys.executable, "-c", code])

    result = subprocess.run(
        ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", f"{mount} && {scan}"],
        check=False,
        capture_output=True,
        text=True,
    )

    assert result.returncode == 1
    assert result.stdout.endswith(
        "\nIn the way:\n  side/within is a folder that holds it, mounted once more; unmount it.\n"
    )
