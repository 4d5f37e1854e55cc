"""Says whether a file is music that is not named as music: by its first bytes or, of a container, by what it holds."""

from collections.abc import Callable
from io import FileIO

from audiera.music.formats.ffmpeg import judge_streams
from audiera.music.identify import HEAD_BYTES, Reader, identify, is_music

__all__ = ["judge_content"]


def judge_content(file: FileIO, within: Callable[[FileIO], str | None] | None = None) -> str | None:
    """Return why an open file is not music by its content, as a clause to put after its name, or None.

    Containers that may as well hold video are music if they hold one stream of sound and no pictures but covers.

    Args:
        file: the file.
        within: judges such a container in place of this, elsewhere.

    Raises:
        OSError: it cannot be read.
    """
    file.seek(0)
    head = file.read(HEAD_BYTES)
    if is_music(head):
        return None
    kind = identify(head)
    if kind is None:
        return "does not begin like music"
    if kind.reader is Reader.NONE:
        return f"is {kind.name}, which is not read here; extract its sound"
    if within is not None:
        return within(file)
    return judge_streams(file, kind.demuxer, kind.name)
