"""MusicXML: scores, plain (.musicxml, .xml) or packed (.mxl). They have neither sound nor a length.

XML from strangers is read without entities, packed files without unpacking more than a bound, and nesting only as
deep as scores are, so that no file can take more memory than it has bytes for.

Source: W3C Music Notation Community Group, MusicXML 4.0 (score-partwise, score-timewise, container.xml).
"""

import struct
import zipfile
import zlib
from io import BytesIO
from typing import Final
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from audiera.music.formats.bytesource import ByteSource
from audiera.music.sound.decoded import AudioError

__all__ = ["read_musicxml"]


_MAX_BYTES: Final = 1 << 26
_LEAST_UNPACKED: Final = 1 << 20
_MAX_RATIO: Final = 100  # scores pack to a tenth, a piece that repeats itself to a fiftieth
_MAX_DEPTH: Final = 64
_MAX_ELEMENTS: Final = 1 << 21  # with their attributes; a symphony has some hundred thousand
_DAMAGE: Final = (
    *(zipfile.BadZipFile, zlib.error, struct.error, LookupError, ValueError, OverflowError, EOFError, OSError),
    *(NotImplementedError, RuntimeError),
)
"""What `zipfile` meets damage with: it seeks to where the archive says, before its beginning if need be."""

_ROOTS: Final = ("score-partwise", "score-timewise")
_CONTAINER: Final = "META-INF/container.xml"
_AUTHORS: Final = ("composer", "lyricist", "arranger")


def read_musicxml(source: ByteSource) -> dict[str, list[str]]:
    """Read a score and return what it says of itself, by the names of tags.

    Raises:
        AudioError: it is damaged, no score, or larger than 64 MiB when unpacked.
        OSError: it cannot be read.
    """
    if source.size > _MAX_BYTES:
        raise AudioError("is too large for a score (64 MiB); get a whole copy")
    data = source.read(0, source.size)
    root = _parse(_unpack(data) if data[:2] == b"PK" else data)
    if root.tag not in _ROOTS:
        raise AudioError("is XML, but no score: its outermost element is neither score-partwise nor score-timewise")
    if root.find(".//note") is None:
        raise AudioError("holds no music: there is not one note in it")
    return {
        "title": _all(root, "work/work-title") or _all(root, "movement-title"),
        "artist": _creators(root),
        "copyright": _all(root, "identification/rights"),
    }


def _unpack(data: bytes) -> bytes:
    most = min(_MAX_BYTES, _LEAST_UNPACKED + _MAX_RATIO * len(data))
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            container = _parse(_extract(archive, _CONTAINER, most))
            path = next((each.get("full-path") for each in container.iter() if each.tag.endswith("rootfile")), None)
            if path is None:
                raise AudioError("is damaged: its container names no score; get a whole copy")
            return _extract(archive, path, most)
    except AudioError:
        raise  # it is a ValueError, too
    except _DAMAGE as error:
        raise AudioError("is damaged: it cannot be unpacked; get a whole copy") from error


def _extract(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    if archive.getinfo(name).compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise AudioError("is packed in another way than scores are; pack it anew")
    with archive.open(name) as member:
        data = member.read(most + 1)
    if len(data) > most:
        raise AudioError(f"unpacks to more than a score of its size can be ({most >> 20} MiB); get a whole copy")
    return data


class _Shallow(TreeBuilder):
    """Refuses what is nested deeper than any score."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = self._count = 0

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        self._depth += 1
        self._count += 1 + len(attrs)
        if self._count > _MAX_ELEMENTS:
            raise AudioError(
                f"has more than {_MAX_ELEMENTS:,} elements and attributes, as no score has; get a whole copy"
            )
        if self._depth > _MAX_DEPTH:
            raise AudioError("is nested deeper than any score; get a whole copy")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        self._depth -= 1
        return super().end(tag)


def _parse(data: bytes) -> Element:
    parser = DefusedXMLParser(target=_Shallow(), forbid_dtd=False, forbid_entities=True, forbid_external=False)
    try:
        parser.feed(data)
        root: Element = parser.close()
    except AudioError:
        raise  # by _Shallow; it is a ValueError too
    except DefusedXmlException as error:
        raise AudioError("defines entities, which no score needs; export it anew") from error
    except (ParseError, ValueError, LookupError) as error:
        raise AudioError(f"is damaged: it is not well-formed XML ({error}); get a whole copy") from error
    return root


def _all(root: Element, path: str) -> list[str]:
    return [text for each in root.findall(path) if (text := "".join(each.itertext()).strip())]


def _creators(root: Element) -> list[str]:
    """Return the names of those who made the work, in their order; editors and encoders did not."""
    found = root.findall("identification/creator")
    return [
        text
        for each in found
        if each.get("type", "composer") in _AUTHORS and (text := "".join(each.itertext()).strip())
    ]
