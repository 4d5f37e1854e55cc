"""One file of music: what it is, what it sounds like, what its tags say."""

from audiera.music.contents import judge_content
from audiera.music.decode import AudioError
from audiera.music.excerpt import excerpt
from audiera.music.identify import HEAD_BYTES, MUSIC_SUFFIXES, is_score
from audiera.music.reading import Reading, read
from audiera.music.sound.excerpt import stretch_of
from audiera.music.sound.fingerprint import Listener, sounding_like
from audiera.music.sound.peaks import COLUMNS

__all__ = [
    "COLUMNS",
    "HEAD_BYTES",
    "MUSIC_SUFFIXES",
    "AudioError",
    "Listener",
    "Reading",
    "excerpt",
    "is_score",
    "judge_content",
    "read",
    "sounding_like",
    "stretch_of",
]
