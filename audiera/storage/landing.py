"""Where a fetched file may land: under the path that a stranger's item table gave it, if that is a safe place.

What is read under a path is judged when the table is read. Writing asks more: the file will stand there for others, who
list the folder, copy it to another system, and open what they see.
"""

import re
from pathlib import Path
from typing import Final

from audiera.storage.objects import ObjectError

__all__ = ["landing"]

_BREAKS: Final = re.compile(r"[\\\x00-\x1f\x7f-\x9f\u2028\u2029]")
_MARKS: Final = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
"""What moves the letters around it, or is not seen: two names that look the same would be two files."""
_DEVICE: Final = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³]) *(\..*)?", re.IGNORECASE)
_DRIVE: Final = re.compile(r"[a-z]:", re.IGNORECASE)


def landing(folder: Path, path: str) -> Path:
    """Return the file in a folder of the user's that an item of a stranger's table becomes.

    Raises:
        ObjectError: a file of that path would act on this system or another, or pass for another file.
    """
    parts = path.split("/")
    if any(not part or part.startswith(".") for part in parts) or _BREAKS.search(path):
        why = "is not a path of plain names below a folder"
    elif _MARKS.search(path):
        why = "has a mark of direction or a letter that is not seen"
    elif any(_DEVICE.fullmatch(part) or part.endswith((".", " ")) for part in parts) or _DRIVE.match(path):
        why = "is no name on Windows, or another one there"
    else:
        return folder.joinpath(*parts)
    raise ObjectError(f"{path!r} {why}, so it is not written; fetch it by its hash, to a file that you name.")
