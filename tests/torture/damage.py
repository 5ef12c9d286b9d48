"""Classes of files that are broken: each maker fills a folder from a seed, at least 12 files."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.torture.sources import each, pictures, sound_clips

__all__ = ["DAMAGE"]

_BOXES = {
    "sizes": (b"stsz", b"tkhd", b"avc1", b"mdhd", b"mvhd", b"trak", b"moov", b"mdat"),
    "index": (b"stco", b"stsc", b"stts", b"ctts", b"stss", b"stsz"),
}


def _patched(source: Path, out: Path, name: str, at: int, with_what: bytes) -> None:
    data = bytearray(source.read_bytes())
    at = max(0, min(at, len(data) - len(with_what)))
    data[at : at + len(with_what)] = with_what
    (out / f"{name}{source.suffix}").write_bytes(bytes(data))


def _flipped(source: Path, out: Path, name: str, start: int, stop: int, flips: int) -> None:
    """Single bits turned over, somewhere in ``start:stop``."""
    data = bytearray(source.read_bytes())
    chance = np.random.default_rng([len(data), start, flips])
    for at in chance.integers(start, min(stop, len(data)), flips):
        data[at] ^= 1 << int(chance.integers(8))
    (out / f"{name}{source.suffix}").write_bytes(bytes(data))


def header_flips(out: Path, sources: Path) -> None:
    """Three bits in the first 64 bytes, and 16 in the first 1500."""
    for source in each(sources):
        _flipped(source, out, f"{source.stem}-{source.suffix[1:]}-3", 4, 64, 3)
        _flipped(source, out, f"{source.stem}-{source.suffix[1:]}-16", 24, 1500, 16)


def packet_flips(out: Path, sources: Path) -> None:
    """20 and 400 bits behind the headers."""
    for source in each(sources):
        size = source.stat().st_size
        for flips in (20, 400):
            name = f"{source.stem}-{source.suffix[1:]}-{flips}"
            _flipped(source, out, name, min(2500, size // 2), size, flips)


def truncations(out: Path, sources: Path) -> None:
    """Cut off after 2, 30, 60 and 95 %."""
    for source in each(sources):
        data = source.read_bytes()
        for percent in (2, 30, 60, 95):
            name = f"{source.stem}-{percent}{source.suffix}"
            (out / name).write_bytes(data[: len(data) * percent // 100])


def zero_bytes(out: Path, sources: Path) -> None:
    """Empty files, nothing but zeros, and zeros in the middle or at the end."""
    for number, source in enumerate(each(sources)):
        data = source.read_bytes()
        (out / f"empty{number}{source.suffix}").write_bytes(b"")
        (out / f"zeros{number}{source.suffix}").write_bytes(bytes(len(data)))
        hole = len(data) // 3
        _patched(source, out, f"hole{number}", hole, bytes(hole))
        (out / f"tail{number}{source.suffix}").write_bytes(data[: 2 * hole] + bytes(hole))


def huge_sizes(out: Path, sources: Path) -> None:
    """Boxes, tables and pictures that claim gigabytes."""
    clips = sound_clips(sources)
    data = clips[0].read_bytes()
    for kind in _BOXES["sizes"]:
        at = data.index(kind)
        name = kind.decode()
        _patched(clips[0], out, f"box-{name}", at - 4, b"\x7f\xff\xff\xff")
        _patched(clips[0], out, f"body-{name}", at + 12, b"\x7f\xff\xff\xff" * 2)
    at = data.index(b"avc1") + 28
    _patched(clips[0], out, "pixels", at, b"\xff\xff\xff\xff")
    stills = {still.suffix: still for still in pictures(sources)}
    for side in (20000, 65500, 2**31 - 1):
        size = struct.pack(">II", side, side // 2)
        _patched(stills[".png"], out, f"png-{side}", 16, size)
        _patched(stills[".bmp"], out, f"bmp-{side}", 18, struct.pack("<II", side, side // 2))
    frame = stills[".jpg"].read_bytes().index(b"\xff\xc0") + 5
    _patched(stills[".jpg"], out, "jpg", frame, struct.pack(">HH", 32000, 64000))
    _patched(clips[2], out, "mkv", 60, b"\x01" + b"\xff" * 7)


def wrong_indexes(out: Path, sources: Path) -> None:
    """Tables of an MP4 that point elsewhere: all ones, zeros, noise, and shifted."""
    source = sound_clips(sources)[0]
    data = source.read_bytes()
    noise = np.random.default_rng(3)
    for kind in _BOXES["index"]:
        at = data.index(kind)
        size = int.from_bytes(data[at - 4 : at], "big") - 16
        fillings = {
            "ones": b"\xff" * size,
            "zeros": bytes(size),
            "noise": noise.integers(0, 256, size, dtype=np.uint8).tobytes(),
            "rolled": data[at + 16 : at + 8 + size] + data[at + 12 : at + 16],
        }
        for name, filling in fillings.items():
            _patched(source, out, f"{kind.decode()}-{name}", at + 12, filling)


def not_video(out: Path, sources: Path) -> None:
    """What else lies in folders, under the names of clips and stills."""
    noise = np.random.default_rng(4).integers(0, 256, 1 << 16, dtype=np.uint8).tobytes()
    contents = {
        "text.mp4": b"not a video\n" * 500,
        "page.mkv": b"<html><body>404 not found</body></html>\n",
        "archive.mov": b"PK\x03\x04" + noise,
        "paper.mp4": b"%PDF-1.7\n" + noise,
        "program.avi": b"\x7fELF\x02\x01\x01" + noise,
        "noise.mp4": noise,
        "noise.jpg": noise,
        "noise.png": b"\x89PNG\r\n\x1a\n" + noise,
        "list.mp4": b"#EXTM3U\n#EXTINF:10,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n",
        "concat.mp4": b"ffconcat version 1.0\nfile /etc/passwd\n",
        "session.mp4": b"v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 9 RTP/AVP 96\n",
        "one.mp4": b"\0",
        "json.webm": b'{"a": [1, 2, 3]}',
        "titles.mkv": b"1\n00:00:01,000 --> 00:00:02,000\nHello\n",
        "picture.png": b"<svg xmlns='http://www.w3.org/2000/svg' width='2' height='1'/>",
    }
    for name, content in contents.items():
        (out / name).write_bytes(content)
    (out / "folder.mp4").mkdir()
    (out / "loop.mp4").symlink_to(out / "loop.mp4")


Maker = Callable[[Path, Path], None]
DAMAGE: dict[str, Maker] = {
    "bit flips in headers": header_flips,
    "bit flips in packets": packet_flips,
    "truncations": truncations,
    "zero bytes": zero_bytes,
    "huge declared sizes": huge_sizes,
    "wrong indexes": wrong_indexes,
    "not video at all": not_video,
}
