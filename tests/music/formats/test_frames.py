"""Files that are a row of frames, of formats that nothing at hand encodes: what FFmpeg writes is in test_ffmpeg.py."""

import struct
from collections.abc import Callable
from io import FileIO
from pathlib import Path

import pytest

from audiera.music.decode import AudioError, decode
from audiera.music.formats.bytesource import ByteSource
from audiera.music.formats.frames import Stated, begins_with_aac, check_frames
from audiera.music.sound.decoded import Decoded
from tests.support.silence import MUSEPACK_FRAME, NEW_BLOCKS, OLD_BLOCKS, ape, musepack7, musepack8, old_ape

ID3 = b"ID3\x04\0\0\0\0\0\x05" + bytes(5)
ID3V1 = b"TAG".ljust(128, b"\0")
FAILS_MD5 = "is damaged: it fails the checksum (MD5) that its encoder left; get a whole copy"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a"


def decoded(path: Path, data: bytes) -> Decoded:
    path.write_bytes(data)
    with FileIO(path) as file:
        return decode(file)


def refusal(path: Path, data: bytes) -> str:
    with pytest.raises(AudioError) as caught:
        decoded(path, data)
    return str(caught.value)


def stated(path: Path, data: bytes, demuxer: str) -> Stated:
    path.write_bytes(data)
    with FileIO(path) as file:
        return check_frames(ByteSource(file), demuxer)


@pytest.mark.parametrize(
    ("data", "media_type", "frames", "bit_depth"),
    [
        (ape(), "audio/x-ape", sum(NEW_BLOCKS), 16),
        (ape(version=3980), "audio/x-ape", sum(NEW_BLOCKS), 16),
        (ape(tail=b"tail"), "audio/x-ape", sum(NEW_BLOCKS), 16),
        (ape(md5=bytes(16)), "audio/x-ape", sum(NEW_BLOCKS), 16),
        (ape((500,)), "audio/x-ape", 500, 16),
        (old_ape(), "audio/x-ape", sum(OLD_BLOCKS), 16),
        (musepack7(), "audio/x-musepack", 3 * MUSEPACK_FRAME, None),
        (musepack7(last=1_000), "audio/x-musepack", 3 * MUSEPACK_FRAME, None),
        (musepack8(), "audio/x-musepack", 3 * MUSEPACK_FRAME, None),
    ],
    ids=[
        "ape",
        "first of its kind",
        "ape with a tail",
        "ape without md5",
        "one frame",
        "old ape",
        "mpc 7",
        "mpc 7 gapless",
        "mpc 8",
    ],
)
@pytest.mark.parametrize(("before", "after"), [(b"", b""), (ID3, ID3V1)], ids=["bare", "tagged"])
def test_a_whole_file_is_decoded_to_its_end(
    path: Path, data: bytes, media_type: str, frames: int, bit_depth: int | None, before: bytes, after: bytes
) -> None:
    found = decoded(path, before + data + after)

    assert (found.media_type, found.frames, found.sample_rate, found.channels, found.bit_depth, found.notes) == (
        *(media_type, frames, 44_100, 2, bit_depth),
        (),
    )


@pytest.mark.parametrize(
    ("data", "needed"),
    [(ape(), len(ape())), (old_ape(), len(old_ape()) - 4), (musepack7(), 36), (musepack8(), len(musepack8()))],
    ids=["ape", "old ape", "mpc 7", "mpc 8"],
)
def test_wherever_a_file_breaks_off_it_is_refused(path: Path, data: bytes, needed: int) -> None:
    """What the last frame of the older formats has behind its sound is not needed."""
    assert decoded(path, data[:needed]).samples == decoded(path, data).samples
    for cut in range(needed):
        assert refusal(path, data[:cut])


@pytest.mark.parametrize("place", [*range(36, 58), *range(60, len(ape()))])
def test_one_changed_bit_of_monkeys_audio_is_seen_wherever_it_is(path: Path, place: int) -> None:
    """Behind its sizes: those and the type of file have checks of their own."""
    data = bytearray(ape(tail=b"t"))
    data[place] ^= 1

    assert refusal(path, bytes(data))


def test_the_checksum_of_monkeys_audio_is_of_all_but_its_descriptor(path: Path) -> None:
    wave, tail = ape(wave=b"RIFF...."), ape(tail=b"tail")

    assert refusal(path, wave.replace(b"RIFF....", b"RIFF...,")) == FAILS_MD5
    assert refusal(path, tail[:-1] + b"m") == FAILS_MD5
    assert refusal(path, ape(md5=b"\x01" * 16)) == FAILS_MD5


@pytest.mark.parametrize("size", [(1 << 20) - 1, 1 << 20, (1 << 20) + 1, 2 << 20])
def test_the_checksum_of_monkeys_audio_is_right_whatever_its_size(path: Path, size: int) -> None:
    """It is summed up a mebibyte at a time."""
    bare = len(ape(wave=b"", tail=b"")) - 52 - 24 - 4 * len(NEW_BLOCKS)
    data = ape(wave=b"", tail=b"\x07" * (size - bare))

    assert stated(path, data, "ape") == Stated(sum(NEW_BLOCKS), 16, (0, len(data)))
    assert refusal(path, data[:-1] + b"\x08") == FAILS_MD5


def test_a_table_that_is_too_short_for_its_frames_contradicts_itself(path: Path) -> None:
    data = bytearray(ape())
    data[52 + 12 : 52 + 16] = struct.pack("<I", 3)  # frames, in the header

    assert refusal(path, bytes(data)) == "contradicts itself: its table of frames is too short; get a whole copy"


def test_scraps_behind_the_sound_are_damage_and_zeros_are_let_pass(path: Path) -> None:
    data = ape()

    assert decoded(path, data + bytes(9)).frames == sum(NEW_BLOCKS)
    assert refusal(path, data + b"\0scrap") == (
        f"is damaged at byte {len(data)}: what follows is neither sound nor a tag; get a whole copy"
    )


@pytest.mark.parametrize("cut", [1, 16, 40])
def test_sound_that_is_shorter_than_its_sizes_breaks_off(path: Path, cut: int) -> None:
    data = ape()

    assert refusal(path, data[:-cut]) == (
        f"breaks off: it announces {len(data)} bytes and has {len(data) - cut}; get a whole copy"
    )


@pytest.mark.parametrize(
    ("version", "level", "each"),
    [
        (3970, 2000, 294_912),
        (3950, 2000, 294_912),
        (3949, 2000, 73_728),
        (3900, 2000, 73_728),
        (3899, 4000, 73_728),
        (3800, 4000, 73_728),
        (3899, 3000, 9_216),
        (3799, 4000, 9_216),
    ],
)
def test_old_monkeys_audio_has_frames_of_a_length_that_follows_from_its_version(
    path: Path, version: int, level: int, each: int
) -> None:
    data = old_ape((1, 1, 77), version=version, level=level)

    assert stated(path, data, "ape") == Stated(2 * each + 77, 16, (0, len(data)))


@pytest.mark.parametrize(("flags", "depth"), [(0, 16), (1, 8), (8, 24), (2 | 4 | 16, 16)])
def test_old_monkeys_audio_says_its_depth_by_flags(path: Path, flags: int, depth: int) -> None:
    assert stated(path, old_ape(flags=flags), "ape").bit_depth == depth


def test_a_table_of_more_frames_than_a_file_could_hold_breaks_off(path: Path) -> None:
    data = bytearray(old_ape())
    most = len(data) // 4

    data[24:28] = struct.pack("<I", most)
    assert stated(path, bytes(data), "ape").frames == (most - 1) * OLD_BLOCKS[0] + 1_000
    data[24:28] = struct.pack("<I", most + 1)
    assert refusal(path, bytes(data)) == f"breaks off: it announces {most + 1} frames and has 0; get a whole copy"


@pytest.mark.parametrize("make", [ape, old_ape])
def test_monkeys_audio_without_frames_holds_no_sound(path: Path, make: Callable[[], bytes]) -> None:
    data = bytearray(make())
    at = 52 + 12 if make is ape else 24
    data[at : at + 4] = bytes(4)
    data[36:52] = bytes(16) if make is ape else data[36:52]

    assert stated(path, bytes(data), "ape").frames == 0
    assert refusal(path, bytes(data))


def test_musepack_of_fewer_frames_than_it_announces_breaks_off(path: Path) -> None:
    """The cut is where a frame's size begins, so that nothing but the announcement tells of it."""
    assert refusal(path, musepack7()[:32]) == "breaks off: it announces 3,456 samples and has 2,304; get a whole copy"


@pytest.mark.parametrize(
    ("data", "frames"),
    [(musepack7(), 3_456), (musepack7(last=1), 2_305), (musepack7(last=1_151), 3_455), (musepack7(announced=0), None)],
    ids=["whole", "one sample", "all but one", "not announced"],
)
def test_musepack_states_what_of_its_last_frame_is_sound(path: Path, data: bytes, frames: int | None) -> None:
    assert stated(path, data, "mpc").frames == frames


def test_musepack_8_without_the_part_that_ends_it_breaks_off(path: Path) -> None:
    assert refusal(path, musepack8()[:-3]) == "breaks off: the part that ends it is missing; get a whole copy"


@pytest.mark.parametrize("part", [b"ap\x04\0", b"A1\x04\0", b"AP\x02\0", b"\0\0\0\0"], ids=ascii)
def test_musepack_8_with_what_is_no_part_is_damaged(path: Path, part: bytes) -> None:
    data = musepack8()
    at = data.index(b"AP")

    assert refusal(path, data[:at] + part + data[at:]) == (
        f"is damaged at byte {at}: no frame of it begins there; get a whole copy"
    )


def test_musepack_8_may_have_scraps_behind_its_end(path: Path) -> None:
    assert decoded(path, musepack8() + b"scrap").frames == 3 * MUSEPACK_FRAME


def test_musepack_8_states_the_sizes_of_large_parts_in_several_bytes(path: Path) -> None:
    data, part = musepack8(), b"XX\x81\x00" + bytes(124)
    at = data.index(b"AP")

    assert stated(path, data[:at] + part + data[at:], "mpc8").stretch == (0, len(data) + 128)
    assert refusal(path, data[:at] + part[:-1] + data[at:]).startswith("is damaged at byte")


def wavpack(samples: int, *, flags: int = 1 << 11 | 1, total: int = 0, high: int = 0) -> bytes:
    """A block of WavPack without content, of so many samples, in a file of `total`."""
    return struct.pack("<4sIHBBIIIII", b"wvpk", 24, 0x410, 0, high, total, 0, samples, flags, 0)


@pytest.mark.parametrize(
    ("flags", "depth"),
    [(0, 8), (1, 16), (2, 24), (3, 32), (1 | 4 << 13, 12), (3 | 1 << 7, 32), (1 | 1 << 3, None), (1 << 31, 1)],
    ids=["8", "16", "24", "32", "12 in 16", "floating", "hybrid", "dsd"],
)
def test_wavpack_says_its_depth_by_flags(path: Path, flags: int, depth: int | None) -> None:
    assert stated(path, wavpack(9, flags=flags | 1 << 11, total=9), "wv").bit_depth == depth


def test_wavpack_counts_each_sample_once_however_many_blocks_its_channels_take(path: Path) -> None:
    first, second = wavpack(9, total=20), wavpack(9, flags=1)

    assert stated(path, first + second + wavpack(11), "wv").frames == 20


@pytest.mark.parametrize(
    ("total", "high", "fits"),
    [(9, 0, True), (10, 0, False), (0xFFFFFFFF, 0, True), (0xFFFFFFFF, 1, True), (8, 1, False)],
    ids=["all", "one more", "not stated", "not stated at all", "more than 32 bits"],
)
def test_wavpack_of_fewer_samples_than_it_announces_breaks_off(path: Path, total: int, high: int, fits: bool) -> None:
    data = wavpack(9, total=total, high=high)

    if fits:
        assert stated(path, data, "wv").frames == 9
    else:
        announced = total + (high << 32) - high
        with pytest.raises(AudioError, match=f"it announces {announced:,} samples and has 9; get a whole copy"):
            stated(path, data, "wv")


def test_wavpack_with_what_is_no_block_is_damaged(path: Path) -> None:
    with pytest.raises(AudioError, match="is damaged at byte 32: no frame of it begins there; get a whole copy"):
        stated(path, wavpack(9) + b"scrap" * 9, "wv")


def test_true_audio_with_a_table_longer_than_the_file_breaks_off(path: Path) -> None:
    data = struct.pack("<4sHHHIIIII", b"TTA1", 1, 1, 16, 245, 256, 0, 0, 0)

    assert stated(path, data, "tta").frames == 256  # one frame, of no bytes
    with pytest.raises(AudioError, match="breaks off: it announces 1 frames and has 0; get a whole copy"):
        stated(path, data[:-1], "tta")


@pytest.mark.parametrize(
    ("head", "size"),
    [
        (b"\x0b\x77\0\0\x00\x40\0", 128),
        (b"\x0b\x77\0\0\x40\x40\0", 138),
        (b"\x0b\x77\0\0\x41\x40\0", 140),
        (b"\x0b\x77\0\0\x80\x40\0", 192),
        (b"\x0b\x77\0\0\x25\x40\0", 2_560),
        (b"\x0b\x77\xf8\x03\0\x80\0", 8),
        (b"\x0b\x77\x01\x00\0\x80\0", 514),
    ],
    ids=["48 kHz", "44.1 kHz", "44.1 kHz padded", "32 kHz", "largest", "enhanced", "enhanced and large"],
)
def test_a_frame_of_ac3_is_as_long_as_its_head_says(path: Path, head: bytes, size: int) -> None:
    data = head.ljust(size, b"\0")

    assert stated(path, data, "ac3").stretch == (0, size)
    with pytest.raises(AudioError, match=f"{size:,} bytes of its last frame and has {size - 1:,}; get a whole copy"):
        stated(path, data[:-1], "ac3")


@pytest.mark.parametrize(
    "head",
    [b"\x0b\x77\0\0\x26\x40\0", b"\x0b\x77\0\0\xc0\x40\0", b"\x0b\x78\0\0\0\x40\0"],
    ids=["no rate", "no clock", "no mark"],
)
def test_a_head_of_ac3_that_means_nothing_begins_no_frame(path: Path, head: bytes) -> None:
    with pytest.raises(AudioError, match="is damaged at byte 0: no frame of it begins there"):
        stated(path, head.ljust(9_000, b"\0"), "ac3")


def test_a_head_of_ac3_that_is_cut_begins_no_frame(path: Path) -> None:
    with pytest.raises(AudioError, match="is damaged at byte 0: no frame of it begins there"):
        stated(path, b"\x0b\x77\0\0\x00\x40", "ac3")


def aac(size: int) -> bytes:
    """A frame of AAC: its mark, and its length in 13 bits."""
    return bytes([0xFF, 0xF1, 0x50, 0x80 | size >> 11, size >> 3 & 255, (size & 7) << 5, 0]).ljust(size, b"\0")


@pytest.mark.parametrize(
    ("head", "begins"),
    [
        (aac(7) * 3, True),
        (aac(9) + aac(8), True),
        (aac(100)[:9], True),
        (aac(7) + b"scrap...", False),
        (aac(7)[:6], False),
        (aac(6), False),
        (b"\xff\xf1\x74" + aac(7)[3:], False),
        (b"", False),
    ],
    ids=["three", "two", "one that goes on", "one", "cut", "too short", "no rate", "nothing"],
)
def test_aac_is_known_by_its_first_frames(head: bytes, begins: bool) -> None:
    assert begins_with_aac(head) is begins
