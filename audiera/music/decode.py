"""Reads what a file of audio is by decoding all of it: headers are not believed.

The duration is that of the samples that come out of the decoder, the media type that of the format by
content. Each format's module in `audiera.music.formats` first holds the file's structure to its real size, as decoders
hide what is damaged or missing. libsndfile and FFmpeg then decode, a block at a time, outside Python's
lock: several files at once on several cores.
"""

from dataclasses import replace
from io import FileIO
from typing import Final

from audiera.music.formats.bytesource import ByteSource
from audiera.music.formats.chunks import UNSTATED, check_chunks, needs_ffmpeg
from audiera.music.formats.containers import check_parts, has_parts
from audiera.music.formats.ffmpeg import decode_with_ffmpeg
from audiera.music.formats.flac import read_stream_info
from audiera.music.formats.frames import Stated, check_frames
from audiera.music.formats.libsndfile import decode_with_libsndfile
from audiera.music.formats.mpeg import check_mpeg
from audiera.music.formats.ogg import check_ogg
from audiera.music.formats.trailers import after_id3, before_trailers
from audiera.music.identify import HEAD_BYTES, FileKind, Reader, identify
from audiera.music.sound.decoded import AudioError, Decoded, Ear

__all__ = ["AudioError", "Decoded", "decode"]


_FLAC_MARK_BYTES: Final = 8  # "fLaC" and the header of the first block
_STREAM_INFO_BYTES: Final = 34
_AFTER_TAGS: Final = (Reader.MPEG, Reader.FFMPEG)


def decode(file: FileIO, ear: Ear | None = None) -> Decoded:
    """Decode an open file of audio from its beginning to its end and report what came out.

    The samples are also given to `ear`, if there is one.

    Raises:
        AudioError: it is empty, not audio, of a format that cannot be decoded, damaged, breaks off, silent by
            length (no samples) or longer than a uint32 of milliseconds can say (49 days).
        OSError: the file cannot be read.
    """
    source = ByteSource(file)
    head = source.read(0, HEAD_BYTES)
    if not head:
        raise AudioError("is empty")
    kind, start = identify(head), 0
    if kind is not None and kind.reader is Reader.MPEG and (start := after_id3(source)):
        kind = identify(source.read(start, HEAD_BYTES))  # what an ID3 tag may stand before
    if kind is None:
        return _decode_mpeg(file, source, ear)
    if kind.reader is Reader.NONE:
        raise AudioError(f"is {kind.name}, which cannot be decoded here; convert it to FLAC or WAV")
    return _decode_kind(file, source, kind, start, ear)


def _decode_kind(file: FileIO, source: ByteSource, kind: FileKind, start: int, ear: Ear | None) -> Decoded:
    match kind.reader:
        case Reader.CHUNKS:
            return _decode_chunks(file, kind, start, ear)
        case Reader.FLAC:
            return _decode_flac(file, source, kind, start, ear)
        case _ if start and (kind.reader not in _AFTER_TAGS or has_parts(kind.demuxer)):
            raise AudioError(f"has an ID3 tag in front of its {kind.name} header; remove the tag")
        case Reader.OGG:
            return _decode_ogg(file, source, kind, ear)
        case Reader.FFMPEG if has_parts(kind.demuxer):
            notes = check_parts(source, kind.demuxer)
            return replace(decode_with_ffmpeg(file, kind.demuxer, kind.media_type, ear=ear), notes=notes)
        case Reader.FFMPEG:
            stated = check_frames(source, kind.demuxer)
            return _decode_stated(file, kind, stated, ear)
        case _:
            return _decode_mpeg(file, source, ear)


def _decode_flac(file: FileIO, source: ByteSource, kind: FileKind, start: int, ear: Ear | None) -> Decoded:
    info = read_stream_info(source.read(start + _FLAC_MARK_BYTES, _STREAM_INFO_BYTES))
    if info.frames:
        return decode_with_libsndfile(file, start=start, info=info, ear=ear)
    # It was written to a pipe. libFLAC would pass over a last frame that is cut.
    stretch = (start, before_trailers(source, start))
    found = decode_with_ffmpeg(file, kind.demuxer, kind.media_type, bit_depth=info.bit_depth, stretch=stretch, ear=ear)
    return replace(found, notes=(UNSTATED,))


def _decode_chunks(file: FileIO, kind: FileKind, start: int, ear: Ear | None) -> Decoded:
    source = ByteSource(file, start)
    notes = check_chunks(source)
    if UNSTATED not in notes and (start or kind.demuxer == "w64" or needs_ffmpeg(source)):
        # libsndfile takes for sound what follows it in W64, and prints what it thinks of MP3
        stretch = (start, start + source.size)
        decoded = decode_with_ffmpeg(file, kind.demuxer, kind.media_type, stretch=stretch, ear=ear)
    elif UNSTATED in notes and kind.demuxer == "wav":  # libsndfile takes some of these for empty
        stretch = (start, start + source.size)
        decoded = decode_with_ffmpeg(file, kind.demuxer, kind.media_type, stretch=stretch, open_ended=True, ear=ear)
    else:
        decoded = decode_with_libsndfile(file, start=start, ear=ear)
    if start:
        notes += (f"has an ID3 tag in front of its {kind.name} header, which some programs take for MP3",)
    return replace(decoded, notes=notes)


def _decode_stated(file: FileIO, kind: FileKind, stated: Stated, ear: Ear | None) -> Decoded:
    return decode_with_ffmpeg(
        file,
        kind.demuxer,
        kind.media_type,
        bit_depth=stated.bit_depth,
        frames=stated.frames,
        stretch=stated.stretch,
        ear=ear,
    )


def _decode_mpeg(file: FileIO, source: ByteSource, ear: Ear | None) -> Decoded:
    found = check_mpeg(source)
    return replace(
        decode_with_ffmpeg(file, "mp3", "audio/mpeg", stretch=(found.start, found.end), ear=ear),
        notes=found.notes,
    )


def _decode_ogg(file: FileIO, source: ByteSource, kind: FileKind, ear: Ear | None) -> Decoded:
    stream = check_ogg(source)
    if stream.codec in ("Speex", "FLAC") or not stream.alone:
        return decode_with_ffmpeg(file, kind.demuxer, kind.media_type, ear=ear)
    return decode_with_libsndfile(file, ear=ear)
