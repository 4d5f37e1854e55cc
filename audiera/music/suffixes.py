"""The names that files of a kind go by, for the note that a file is not what its name says."""

from pathlib import PurePath
from typing import Final

__all__ = ["misnamed"]


_SUFFIXES: Final = {
    "application/vnd.recordare.musicxml": (".mxl",),
    "application/vnd.recordare.musicxml+xml": (".musicxml", ".xml"),
    "audio/aac": (".aac", ".adts"),
    "audio/ac3": (".ac3",),
    "audio/aiff": (".aif", ".aiff", ".aifc"),
    "audio/amr": (".amr",),
    "audio/amr-wb": (".amr", ".awb"),
    "audio/basic": (".au", ".snd"),
    "audio/eac3": (".eac3", ".ec3"),
    "audio/flac": (".flac", ".fla"),
    "audio/matroska": (".mka", ".mkv"),
    "audio/midi": (".mid", ".midi", ".kar", ".rmi"),
    "audio/mp4": (".m4a", ".m4b", ".m4p", ".m4r", ".mp4", ".alac", ".aac", ".mov", ".3gp"),
    "audio/mpeg": (".mp3", ".mp2", ".mp1", ".mpa", ".mpga"),
    "audio/ogg": (".ogg", ".oga", ".opus", ".spx", ".flac"),
    "audio/wav": (".wav", ".wave", ".bwf", ".rf64", ".rifx"),
    "audio/wavpack": (".wv",),
    "audio/webm": (".webm", ".weba", ".mka"),
    "audio/x-ape": (".ape",),
    "audio/x-caf": (".caf",),
    "audio/x-dff": (".dff",),
    "audio/x-dsf": (".dsf",),
    "audio/x-ms-wma": (".wma", ".asf"),
    "audio/x-musepack": (".mpc", ".mp+", ".mpp"),
    "audio/x-tta": (".tta",),
    "audio/x-w64": (".w64",),
}
"""The names that files of a type go by. Of a type that is not here, no name is remarked on."""


def misnamed(name: str, media_type: str) -> str | None:
    """Return that a file's name does not say what its content is, as a clause to put after it, or None."""
    suffix = PurePath(name).suffix
    usual = _SUFFIXES.get(media_type)
    if usual is None or suffix.lower() in usual:
        return None
    named = f"its name ends in {suffix}" if suffix else "its name does not say so"
    return f"is {media_type} though {named}; it is taken by its content"
