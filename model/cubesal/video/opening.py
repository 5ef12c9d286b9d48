"""From a path to a decodable clip, or to one sentence that says why not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import av
import av.logging
import numpy as np
from av.container import InputContainer
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from cubesal.errors import MediaError
from cubesal.video.coverage import Coverage
from cubesal.video.cut_off import is_cut_off
from cubesal.video.decoder import PictureDecoder
from cubesal.video.hdr import transfer_of
from cubesal.video.index import PacketIndex, build_index, missing_frames
from cubesal.video.info import VAST_PIXELS, ClipInfo, Eye, Layout
from cubesal.video.planes import PlaneExtractor, colour_of
from cubesal.video.projection import Packing, choose_packing
from cubesal.video.reading import Reading
from cubesal.video.resampling import LARGEST_SIDE, Resampler, resampler
from cubesal.video.spheres import WHOLE, Region
from cubesal.video.tags import sphere_tags
from cubesal.video.timing import average_rate, duration_s

__all__ = ["OpenClip", "open_clip", "open_container"]

#: Faults are told in our own words; FFmpeg's would go to the terminal behind our back.
av.logging.set_libav_level(av.logging.PANIC)

#: Files only: a playlist or a reference inside one must not make FFmpeg open a network address.
_OPEN_OPTIONS = {"protocol_whitelist": "file", "pattern_type": "none"}

_RAW_CAMERA_FILES = {".insv": "Insta360 Studio", ".360": "GoPro Player"}
#: How the demuxers of single pictures are called.
_STILL_FORMATS = ("_pipe",)
#: Width and height of one eye, in pixels.
_MIN_SIZE = (16, 8)
_PIPE_OF_CODEC = {"mjpeg": "jpeg"}


@dataclass(frozen=True)
class OpenClip:
    """What a reader works with; ``pts`` (T,) int64 are those of the frames in display order."""

    container: InputContainer
    decoder: PictureDecoder
    extract: PlaneExtractor
    info: ClipInfo
    pts: NDArray[np.int64]


def open_clip(path: Path, reading: Reading) -> OpenClip:
    """Open, index and look at the first picture; raises ``MediaError`` or ``ValueError``."""
    container = open_container(path)
    try:
        return _examine(path, container, reading)
    except BaseException:
        container.close()
        raise


def open_container(path: Path) -> InputContainer:
    """The opened file; raises ``MediaError`` for what no demuxer takes."""
    _check_file(path)
    try:
        # The explicit protocol keeps names with a colon from being taken for addresses.
        container = av.open(f"file:{path}", options=dict(_OPEN_OPTIONS), metadata_errors="replace")
        if container.format.name == "image2" and container.streams.video:
            # The demuxer of numbered pictures takes some lone ones by their names, and is at its
            # end for good after the first packet; the one of the format can go back to the start.
            codec = container.streams.video[0].codec_context.name
            container.close()
            pipe = f"{_PIPE_OF_CODEC.get(codec, codec)}_pipe"
            container = av.open(
                f"file:{path}", format=pipe, options=_pipe_options(), metadata_errors="replace"
            )
        return container
    except PermissionError:
        raise MediaError(f"{path} may not be read; check its permissions") from None
    except (av.FFmpegError, OSError) as error:
        raise MediaError(_why_unreadable(path)) from error


def _pipe_options() -> dict[str, str]:
    return {name: value for name, value in _OPEN_OPTIONS.items() if name != "pattern_type"}


def _check_file(path: Path) -> None:
    if not path.exists():
        raise MediaError(f"{path} does not exist; check the name")
    if path.is_dir():
        raise MediaError(f"{path} is a folder, not a video file or picture")
    if not path.is_file():
        raise MediaError(f"{path} is a device or pipe, not a video file or picture")
    if path.suffix.lower() in _RAW_CAMERA_FILES:
        program = _RAW_CAMERA_FILES[path.suffix.lower()]
        raise MediaError(
            f"{path.name} is a raw camera file; stitch it first "
            f"(with {program}, to a 2:1 equirectangular MP4)"
        )
    if path.stat().st_size == 0:
        raise MediaError(f"{path.name} is empty (0 bytes); copy or download it again")


def _why_unreadable(path: Path) -> str:
    with path.open("rb") as file:
        looks_like_mp4 = file.read(12)[4:8] in (b"ftyp", b"mdat", b"moov")
    if looks_like_mp4:
        return f"{path.name} is damaged or incomplete (its index cannot be read); copy it again"
    return f"{path.name} is not a video file or picture that FFmpeg knows"


def _examine(path: Path, container: InputContainer, reading: Reading) -> OpenClip:
    stream = _video_stream(path, container)
    # Threads that decode a frame each hold several frames besides.
    pixels = stream.codec_context.width * stream.codec_context.height
    stream.thread_type = "SLICE" if pixels > VAST_PIXELS else "AUTO"
    index = build_index(container, stream)
    if index is None or _guesses_timestamps(container, stream):
        raise MediaError(
            f"{path.name} does not say when its frames are shown; convert it to MP4 first "
            f"(ffmpeg -i {path.name} OUT.mp4)"
        )
    lost = len(index.pts) + missing_frames(container, stream, index, path.stat().st_size)
    index, decoder, first = _first_picture(path, container, stream, index)
    info = _describe(path, container, stream, index, first)
    info = replace(info, lost_frames=lost - len(index.pts), is_cut_off=is_cut_off(path))
    packing = _pack(info, first, reading.projection)
    info = _of_one_eye(info, packing, reading)
    resample = _resampler(info, packing, reading)
    # What is cut out is the first or the second half; left and right are only the usual order.
    eye = Eye.RIGHT if info.is_second else Eye.LEFT
    extract = PlaneExtractor(
        path.name, (first.width, first.height), info.rotation // 90, packing.layout, eye, resample
    )
    if resample is not None:
        info = _resampled(info, packing, resample, reading)
    if info.width < _MIN_SIZE[0] or info.height < _MIN_SIZE[1]:
        raise MediaError(
            f"{path.name} is only {info.width}x{info.height} pixels; "
            f"an equirect picture needs at least {_MIN_SIZE[0]}x{_MIN_SIZE[1]}"
        )
    return OpenClip(container, decoder, extract, info, index.pts)


def _video_stream(path: Path, container: InputContainer) -> VideoStream:
    """The first video stream that is not a cover picture."""
    streams = [
        stream
        for stream in container.streams.video
        if not stream.disposition & Disposition.attached_pic
    ]
    if not streams:
        has = "sound but no picture" if container.streams.audio else "no picture"
        raise MediaError(f"{path.name} has {has}; give a video file or a picture")
    stream = streams[0]
    if stream.codec_context is None:
        raise MediaError(
            f"{path.name} is coded in a way that FFmpeg cannot decode here; "
            "convert it to H.264 first"
        )
    return stream


def _guesses_timestamps(container: InputContainer, stream: VideoStream) -> bool:
    """AVI stores no presentation times; with reordered pictures FFmpeg's guesses go wrong."""
    return container.format.name == "avi" and bool(stream.codec_context.has_b_frames)


def _first_picture(
    path: Path, container: InputContainer, stream: VideoStream, index: PacketIndex
) -> tuple[PacketIndex, PictureDecoder, VideoFrame]:
    """The index from the first decodable frame on, its decoder, and that frame's picture."""
    decoder = PictureDecoder(container, stream, index)
    for first in range(len(index.pts)):
        picture = decoder.picture(first)
        if picture is None:
            continue
        if first > 0:
            index = index.from_frame(first)
            decoder = PictureDecoder(container, stream, index)
        return index, decoder, picture
    raise MediaError(
        f"{path.name} has no frame that can be decoded (it is damaged or incomplete); copy it again"
    )


def _describe(
    path: Path,
    container: InputContainer,
    stream: VideoStream,
    index: PacketIndex,
    first: VideoFrame,
) -> ClipInfo:
    """Everything but the packing: sizes are those of the whole upright picture."""
    time_base = stream.time_base or Fraction(1, 1000)
    rotation = round(first.rotation / 90) * 90 % 360
    width, height = first.width, first.height
    pixel_aspect = stream.sample_aspect_ratio or Fraction(1)
    if rotation in (90, 270):
        width, height, pixel_aspect = height, width, 1 / pixel_aspect
    fps = average_rate(index.pts, time_base, stream)
    return ClipInfo(
        path=path,
        codec=stream.codec_context.codec.canonical_name,
        width=width,
        height=height,
        frame_count=len(index.pts),
        duration_s=duration_s(index, time_base, fps),
        fps=fps,
        time_base=time_base,
        pixel_aspect=pixel_aspect,
        rotation=rotation,
        colour=colour_of(first, path.name),
        has_audio=len(container.streams.audio) > 0,
        layout=Layout.MONO,
        projection_source="",
        transfer=transfer_of(first),
        is_still=len(index.pts) == 1 and container.format.name.endswith(_STILL_FORMATS),
    )


def _pack(info: ClipInfo, first: VideoFrame, override: str | None) -> Packing:
    tags = sphere_tags(info.path, first)
    return choose_packing(
        info.path.name, info.width, info.height, info.pixel_aspect, tags, override
    )


def _of_one_eye(info: ClipInfo, packing: Packing, reading: Reading) -> ClipInfo:
    columns = 2 if packing.layout is Layout.STEREO_SBS else 1
    rows = 2 if packing.layout is Layout.STEREO_TB else 1
    return replace(
        info,
        width=info.width // columns,
        height=info.height // rows,
        layout=packing.layout,
        projection_source=packing.source,
        projection=packing.kind,
        eye=reading.eye,
        is_second=packing.layout is not Layout.MONO
        and (reading.eye is Eye.RIGHT) is not packing.right_first,
        reading=reading.text,
    )


def _resampler(info: ClipInfo, packing: Packing, reading: Reading) -> Resampler | None:
    """How one eye's picture becomes a whole equirect one; None where it is one as it is."""
    if packing.sphere == Region() and not reading.is_turned:
        return None
    if max(info.width, info.height) > LARGEST_SIDE:
        raise MediaError(
            f"{info.path.name} is {info.width}x{info.height}; pictures beyond {LARGEST_SIDE} "
            "pixels a side cannot be turned or resampled: scale it down first"
        )
    # Chroma of an odd half would not line up; the last row or column is no loss.
    size = (info.width // 2 * 2, info.height // 2 * 2)
    return resampler(packing.sphere, size, replace(reading, projection=None, eye=Eye.LEFT))


def _resampled(info: ClipInfo, packing: Packing, resample: Resampler, reading: Reading) -> ClipInfo:
    width, height = resample.size
    info = replace(info, width=width, height=height)
    if packing.sphere == Region():
        return info
    bounds = packing.sphere.bounds if isinstance(packing.sphere, Region) else WHOLE
    turned = replace(reading, projection=None, eye=Eye.LEFT)
    coverage = None if bounds.is_whole else Coverage(bounds, turned)
    return replace(info, pixel_aspect=Fraction(1), coverage=coverage)
