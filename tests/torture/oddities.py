"""Classes of files that are legal but odd: each maker fills a folder, at least 12 files."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from tests.media import make_audio, make_clip, make_still, picture, remux, shorten_edit

__all__ = ["ODDITIES"]

_MS = Fraction(1, 1000)


def resolution_changes(out: Path, _sources: Path) -> None:
    """Transport streams of two sizes one after the other, and pictures of two sizes in MKV."""
    sizes = ((128, 64), (256, 128), (192, 96), (64, 128), (512, 256), (64, 32))
    for first in sizes[:3]:
        for second in sizes:
            if first == second:
                continue
            parts = []
            for number, size in enumerate((first, second)):
                pts = [k * 3000 + number * 40000 for k in range(12)]
                part = out / f"part{number}.ts"
                make_clip(part, frames=12, size=size, gop=6, pts=pts, time_base=Fraction(1, 90000))
                parts.append(part.read_bytes())
                part.unlink()
            name = f"{first[0]}x{first[1]}-{second[0]}x{second[1]}"
            (out / f"{name}.ts").write_bytes(b"".join(parts))
            _motion_jpeg(out / f"{name}.mkv", (first, second))


def _motion_jpeg(path: Path, sizes: tuple[tuple[int, int], ...]) -> None:
    with av.open(str(path), "w") as output:
        stream = output.add_stream("mjpeg", rate=10)
        stream.width, stream.height = sizes[0]
        stream.pix_fmt = "yuvj420p"
        stream.time_base = _MS
        output.start_encoding()
        for number in range(10):
            still = cv2.imencode(".jpg", picture(number, sizes[number // 5]))[1]
            packet = av.Packet(still.tobytes())
            packet.stream, packet.time_base = stream, _MS
            packet.pts = packet.dts = number * 100
            packet.is_keyframe = True
            output.mux(packet)


def odd_times(out: Path, _sources: Path) -> None:
    """Timestamps below zero, twice the same, far apart, and out of order in the file."""
    steps: dict[str, list[int]] = {
        "twice": [k // 2 * 80 for k in range(12)],
        "all-same": [0] * 12,
        "negative": [k * 40 - 240 for k in range(12)],
        "far": [k * 40 + (10**9 if k > 5 else 0) for k in range(12)],
        "tiny": list(range(12)),
        "late": [10**8 + k * 40 for k in range(12)],
    }
    for suffix in (".mkv", ".mp4", ".ts"):
        plain = make_clip(out / f"source{suffix}", frames=12, size=(128, 64), gop=4)
        for name, times in steps.items():
            target = out / f"{name}{suffix}"
            try:
                remux(plain, target, pts_ms=times)
            except (av.FFmpegError, OverflowError):
                target.unlink(missing_ok=True)  # this container cannot say so
        for shift in (-2000, 5):
            remux(plain, out / f"shift{shift}{suffix}", shift=shift)


def one_frame(out: Path, _sources: Path) -> None:
    """Clips of one frame, and stills."""
    codecs = ("libx264", "libx265", "libvpx-vp9", "mpeg4", "mjpeg", "ffv1", "prores_ks")
    for codec in codecs:
        pix_fmt = {"mjpeg": "yuvj420p", "prores_ks": "yuv422p10le"}.get(codec, "yuv420p")
        for suffix in (".mkv", ".mov") if codec not in ("libvpx-vp9", "ffv1") else (".mkv",):
            make_clip(out / f"{codec}{suffix}", frames=1, codec=codec, pix_fmt=pix_fmt)
    for suffix in (".jpg", ".png", ".bmp", ".webp"):
        make_still(out / f"still{suffix}")


def odd_sizes(out: Path, _sources: Path) -> None:
    """Odd widths and heights, the smallest, and shapes that are not 2:1."""
    for size in ((255, 127), (257, 129), (17, 9), (16, 8), (15, 7), (1, 1), (2, 1), (300, 150)):
        make_still(out / f"{size[0]}x{size[1]}.png", size)
        make_still(out / f"{size[0]}x{size[1]}.jpg", size)
        if size[0] > 2:
            name = f"{size[0]}x{size[1]}.mkv"
            make_clip(out / name, frames=3, size=size, codec="ffv1", pix_fmt="yuv444p")
    for size in ((100, 100), (640, 80), (8, 512)):
        make_still(out / f"{size[0]}x{size[1]}.png", size)


def deep_colour(out: Path, _sources: Path) -> None:
    """10, 12 and 16 bits."""
    for codec, formats in {
        "libx264": ("yuv420p10le", "yuv422p10le", "yuv444p10le"),
        "libx265": ("yuv420p10le", "yuv422p10le", "yuv420p12le"),
        "prores_ks": ("yuv422p10le", "yuv444p10le"),
        "ffv1": ("yuv420p10le", "yuv444p12le", "yuv420p16le", "gray16le", "rgb48le"),
    }.items():
        for kind in formats:
            make_clip(out / f"{codec}-{kind}.mkv", frames=4, codec=codec, pix_fmt=kind)
    for suffix in (".png", ".tif"):
        deep = picture(1).astype(np.uint16) * 257
        cv2.imwrite(str(out / f"deep{suffix}"), deep)


def alpha(out: Path, _sources: Path) -> None:
    """Pictures with a transparent half, grey ones among them."""
    for size in ((256, 128), (255, 127), (1024, 512)):
        rgb = picture(1, size)
        veil = np.full(rgb.shape[:2], 255, np.uint8)
        veil[: size[1] // 2] = 0
        for suffix in (".png", ".webp", ".tif"):
            cv2.imwrite(str(out / f"{size[0]}{suffix}"), np.dstack((rgb, veil)))
    for codec, kind, suffix in (
        ("ffv1", "yuva420p", ".mkv"),
        ("ffv1", "yuva444p", ".mkv"),
        ("prores_ks", "yuva444p10le", ".mov"),
        ("qtrle", "argb", ".mov"),
        ("png", "rgba", ".mov"),
        ("libvpx-vp9", "yuva420p", ".webm"),
    ):
        make_clip(out / f"{codec}-{kind}{suffix}", frames=4, codec=codec, pix_fmt=kind)


def rotation(out: Path, _sources: Path) -> None:
    """Turned by quarters, and by angles and scales that no camera writes."""
    for degrees in (90, 180, 270):
        for suffix in (".mp4", ".mov"):
            size = (128, 256) if degrees % 180 else (256, 128)
            clip = out / f"{degrees}{suffix}"
            make_clip(clip, frames=4, size=size, rotation=degrees)
            data = bytearray(clip.read_bytes())
            at = data.index(b"tkhd") + 44
            for name, matrix in {"zero": bytes(36), "wild": b"\x13" * 36}.items():
                data[at : at + 36] = matrix
                (out / f"{degrees}-{name}{suffix}").write_bytes(bytes(data))


def edit_lists(out: Path, _sources: Path) -> None:
    """Ending early, beginning late, empty, and with numbers that mean nothing."""
    for seconds in (0.0, 0.01, 0.3, 0.5, 5.0, 1e6):
        clip = make_clip(out / f"end-{seconds}.mp4", frames=24, b_frames=2)
        shorten_edit(clip, seconds)
    data = clip.read_bytes()
    at = data.index(b"elst") + 12
    for number, start in enumerate((-1, 0, 1, 500, 10**6, -(2**31), 2**31 - 1)):
        changed = data[: at + 4] + start.to_bytes(4, "big", signed=True) + data[at + 8 :]
        (out / f"start{number}.mp4").write_bytes(changed)


def variable_rate(out: Path, _sources: Path) -> None:
    """Steps from one tick to an hour."""
    chance = np.random.default_rng(8)
    for number, largest in enumerate((2, 10, 100, 1000, 10**4, 3_600_000)):
        pts = np.cumsum(chance.integers(1, largest, 12)).tolist()
        for suffix in (".mp4", ".mkv"):
            name = f"{number}{suffix}"
            make_clip(out / name, frames=12, size=(128, 64), pts=pts, time_base=_MS)


def no_video(out: Path, _sources: Path) -> None:
    """Sound alone."""
    for codec, suffixes in {
        "aac": (".mp4", ".mkv", ".ts", ".mov", ".m4a"),
        "libmp3lame": (".mp3", ".mkv2.mkv", ".avi"),
        "libopus": (".webm", ".opus"),
        "flac": (".flac", ".mkv3.mkv"),
        "pcm_s16le": (".wav", ".mov2.mov"),
    }.items():
        for suffix in suffixes:
            make_audio(out / f"{codec}{suffix}", 0.5, codec)


def enormous(out: Path, _sources: Path) -> None:
    """16384x8192, as stills and as clips of one to three frames."""
    size = (16384, 8192)
    big = cv2.resize(picture(3, (512, 256)), size, interpolation=cv2.INTER_NEAREST)
    for suffix in (".png", ".jpg", ".bmp", ".tif"):
        cv2.imwrite(str(out / f"still{suffix}"), big)
    cv2.imwrite(str(out / "grey.png"), big[..., 0])
    cv2.imwrite(str(out / "deep.png"), big.astype(np.uint16) * 257)
    cv2.imwrite(str(out / "alpha.png"), np.dstack((big, big[..., 0])))
    cv2.imwrite(str(out / "progressive.jpg"), big, [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])
    settings = {"size": size, "pictures": [big]}
    fast = {"preset": "ultrafast"}
    make_clip(out / "h264.mp4", frames=2, options=fast, **settings)
    make_clip(out / "h264-3.mkv", frames=3, options=fast, **settings)
    make_clip(out / "mjpeg.mkv", frames=2, codec="mjpeg", pix_fmt="yuvj420p", **settings)
    make_clip(out / "mpeg.mov", frames=1, codec="mjpeg", pix_fmt="yuvj444p", **settings)


Maker = Callable[[Path, Path], None]
ODDITIES: dict[str, Maker] = {
    "resolution changing": resolution_changes,
    "odd timestamps": odd_times,
    "one frame": one_frame,
    "odd sizes": odd_sizes,
    "10-bit and deeper": deep_colour,
    "alpha": alpha,
    "rotation": rotation,
    "edit lists": edit_lists,
    "variable rate": variable_rate,
    "no video": no_video,
    "16384x8192": enormous,
}
