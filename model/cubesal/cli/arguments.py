"""Every option of every command, with nothing imported that takes time."""

from __future__ import annotations

from argparse import SUPPRESS, ArgumentParser, Namespace, RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any, NoReturn

from cubesal import __version__
from cubesal.cli import values
from cubesal.cli.analyze_arguments import add_analyze
from cubesal.cli.batch_arguments import add_batch
from cubesal.cli.evaluate_arguments import add_evaluate
from cubesal.cli.path_report_arguments import add_path_report
from cubesal.cli.predict_arguments import add_figure, add_predict
from cubesal.cli.reading_arguments import add_reading
from cubesal.cli.training_arguments import add_flow, add_train

__all__ = ["COLORMAPS", "Options", "build_parser"]

COLORMAPS = ("inferno", "viridis", "cividis", "turbo", "jet")
CODECS = ("h264", "hevc", "av1", "prores", "ffv1")
EXPORTS = ("overlay", "cube", "nfov", "maps", "path", "attention", "snapshot")
MAP_FORMATS = ("npz", "npy", "png", "wild360")
PATH_FORMATS = ("csv", "json", "ffmpeg", "otio")

_EPILOG = """\
exit codes:
  0  all done
  1  some inputs failed or are partial; each is named
  2  nothing usable, or a wrong command line
"""


class Options(Namespace):
    """Parsed arguments; ``command`` is the module of :mod:`cubesal.cli` that carries them out."""

    command: str
    verbose: int
    quiet: int

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)


class _Parser(ArgumentParser):
    """An argument parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: error: {message} (see {self.prog} --help)\n")


def build_parser() -> ArgumentParser:
    """The parser of the whole command line."""
    parser = _Parser(
        prog="cubesal",
        description="Where people would look in 360° video, and the camera that follows.",
        epilog=_EPILOG,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"cubesal {__version__}")
    _add_verbosity(parser, top=True)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for add in (
        _add_predict,
        _add_batch,
        _add_figure,
        _add_analyze,
        _add_export,
        _add_demo,
        _add_info,
        _add_bench,
        _add_models,
        _add_flow,
        add_train,
        add_evaluate,
        _add_path_report,
    ):
        _add_verbosity(add(commands), top=False)
    return parser


def _add_verbosity(parser: ArgumentParser, top: bool) -> None:
    # Accepted before and after the command; only the outer default may be set, or it would win.
    default: Any = 0 if top else SUPPRESS
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "-v",
        "--verbose",
        action="store_const",
        const=1,
        default=default,
        help="say more; show the traceback of an error",
    )
    group.add_argument(
        "-q",
        "--quiet",
        action="store_const",
        const=1,
        default=default,
        help="say nothing but results and errors",
    )


def _add_model(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("analysis")
    group.add_argument("--model", default="default", help="see `cubesal models list`")
    group.add_argument("--device", default="auto", help="auto (default), cpu, cuda, cuda:N or mps")
    group.add_argument(
        "--prior", choices=("on", "off"), help="favour the equator (default: the model's own)"
    )
    add_reading(group)


def _add_rate(parser: ArgumentParser) -> None:
    rate = parser.add_mutually_exclusive_group()
    rate.add_argument(
        "--rate", type=values.rate_hz, metavar="HZ", help="maps per second of clip (default 5)"
    )
    rate.add_argument("--every", type=values.positive_int, metavar="N", help="each N-th frame")


def _add_style(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("overlay")
    group.add_argument("--colormap", choices=COLORMAPS, default="inferno")
    group.add_argument("--opacity", type=values.share, default=0.6)
    group.add_argument("--threshold", type=values.share, default=0.2, help="clear below this part")
    group.add_argument(
        "--range",
        type=values.map_range,
        default="frame",
        metavar="frame|clip|VALUE",
        help="top of the colour map: the peak of each frame (default), of the clip, or a value",
    )
    group.add_argument("--inverted", action="store_true", help="run the colour map backwards")
    group.add_argument(
        "--contours",
        type=values.contours,
        default=(),
        metavar="PART[,PART]...",
        help="lines at up to four parts of the top, such as 0.25,0.5,0.75",
    )
    group.add_argument(
        "--smoothing",
        type=values.smoothing_deg,
        default=0.0,
        metavar="DEG",
        help="of the map that is shown, on the sphere",
    )


def _add_predict(commands: Any) -> ArgumentParser:
    parser = add_predict(commands, MAP_FORMATS)
    _add_rate(parser)
    _add_model(parser)
    _add_style(parser)
    return parser


def _add_batch(commands: Any) -> ArgumentParser:
    parser = add_batch(commands)
    _add_rate(parser)
    _add_model(parser)
    _add_style(parser)
    return parser


def _add_figure(commands: Any) -> ArgumentParser:
    parser = add_figure(commands)
    _add_model(parser)
    _add_style(parser)
    return parser


def _add_analyze(commands: Any) -> ArgumentParser:
    parser = add_analyze(commands)
    _add_rate(parser)
    _add_model(parser)
    return parser


def _add_export(commands: Any) -> ArgumentParser:
    parser: ArgumentParser = commands.add_parser(
        "export",
        help="overlay video, flat video along a path, maps, tables",
        description="Analyse a clip as far as needed and export one or several things from it.",
    )
    parser.add_argument("clip", type=Path, nargs="?", metavar="CLIP")
    parser.add_argument(
        "--what", choices=EXPORTS, action="append", default=[], help="may be given several times"
    )
    parser.add_argument("-o", "--out", type=Path, metavar="FILE", help="file or folder to write")
    parser.add_argument(
        "--queue",
        type=Path,
        metavar="FILE",
        help="keep a journal there; after a crash, the same without CLIP goes on with it",
    )
    parser.add_argument("--from", dest="from_s", type=values.seconds, default=0.0, metavar="S")
    parser.add_argument("--to", dest="to_s", type=values.seconds, metavar="S")
    parser.add_argument(
        "--format",
        choices=MAP_FORMATS + PATH_FORMATS,
        action="append",
        help="of maps (npz, npy, png, wild360), of a path (csv, json, ffmpeg, otio); repeatable",
    )
    parser.add_argument("--json", action="store_true", help="report as JSON on stdout")
    values.add_maps(parser)
    _add_flat(parser)
    encoding = parser.add_argument_group("encoding")
    encoding.add_argument("--codec", choices=CODECS, default="h264")
    encoding.add_argument(
        "--quality",
        metavar="Q",
        help="small, good (default), high, best; or the codec's own number, lower is better",
    )
    encoding.add_argument(
        "--hardware", action="store_true", help="use the graphics hardware if it can, else say so"
    )
    encoding.add_argument(
        "--burn",
        type=values.burn,
        default=(),
        metavar="LIST",
        help="draw into the pictures: legend,timecode,outline (of the planned or given view)",
    )
    _add_rate(parser)
    _add_model(parser)
    _add_style(parser)
    return parser


def _add_flat(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("flat video and path")
    group.add_argument(
        "--aspect",
        action="append",
        type=values.aspect,
        metavar="W:H",
        help="16:9 (default), 9:16, 1:1, ...; several give one file each, with its own path",
    )
    group.add_argument("--size", type=values.size, metavar="WxH", help="default 1280x720")
    group.add_argument(
        "--fov",
        type=values.fov_deg,
        metavar="DEG",
        help="horizontal field of view (default: 90 along the longer side)",
    )
    group.add_argument(
        "--path", type=Path, metavar="FILE", help="follow this path (csv, json), do not plan one"
    )
    group.add_argument(
        "--max-speed", type=values.positive, default=30.0, metavar="DEG", help="per second (30)"
    )
    group.add_argument("--calm", type=values.share, default=0.5, help="0 eager ... 1 calm (0.5)")
    group.add_argument("--zoom", action="store_true", help="narrow the view on small subjects")


def _add_flow(commands: Any) -> ArgumentParser:
    parser = add_flow(commands)
    _add_rate(parser)
    add_reading(parser)
    return parser


def _add_path_report(commands: Any) -> ArgumentParser:
    parser = add_path_report(commands)
    _add_rate(parser)
    _add_model(parser)
    return parser


def _add_demo(commands: Any) -> ArgumentParser:
    parser: ArgumentParser = commands.add_parser(
        "demo",
        help="render a clip, analyse it, plan a camera, export",
        description="The whole path without a window, on a clip rendered on the spot or on yours.",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--clip", type=Path, metavar="FILE", help="use this clip, render none")
    parser.add_argument("--clip-only", action="store_true", help="render the demo clip and stop")
    parser.add_argument("--json", action="store_true", help="report as JSON on stdout")
    _add_model(parser)
    return parser


def _add_info(commands: Any) -> ArgumentParser:
    parser: ArgumentParser = commands.add_parser(
        "info",
        help="versions, devices, places; facts about clips",
        description="Versions, devices, codecs and places of this installation; facts about clips.",
    )
    parser.add_argument("clips", nargs="*", type=Path, metavar="CLIP")
    parser.add_argument("--json", action="store_true", help="as JSON")
    add_reading(parser)
    return parser


def _add_bench(commands: Any) -> ArgumentParser:
    parser: ArgumentParser = commands.add_parser(
        "bench",
        help="what the parts cost on this machine",
        description="Medians: a map stage by stage, cube padding, seeking, the store of maps, the "
        "start. All of it takes some minutes.",
    )
    parser.add_argument(
        "--only",
        action="append",
        choices=("frames", "padding", "seek", "store", "start"),
        help="these parts; repeat for more",
    )
    parser.add_argument(
        "--model", dest="models", action="append", metavar="M", help="default: default and fast"
    )
    parser.add_argument("--device", default="auto", help="auto (default), cpu, cuda, cuda:N or mps")
    parser.add_argument(
        "--frames", type=values.positive_int, default=20, metavar="N", help="or rounds, timed (20)"
    )
    parser.add_argument(
        "--size",
        dest="sizes",
        action="append",
        type=values.size,
        metavar="WxH",
        help="of clips to seek in; default: 1920x960 and 3840x1920",
    )
    parser.add_argument(
        "--seeks", type=values.positive_int, default=11, metavar="N", help="places per clip (11)"
    )
    parser.add_argument(
        "--hours", type=values.positive, default=10.0, metavar="H", help="in the long store (10)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write this report")
    return parser


def _add_models(commands: Any) -> ArgumentParser:
    parser: ArgumentParser = commands.add_parser(
        "models",
        help="list, check or add networks",
        description="The networks that can be used, and where their weights are.",
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="which models there are")
    listing.add_argument("--json", action="store_true", help="as JSON")
    actions.add_parser("where", help="the weights file of each model")
    verify = actions.add_parser("verify", help="load models and check their weights")
    verify.add_argument("names", nargs="*", metavar="MODEL", help="default: all that are available")
    add = actions.add_parser(
        "add",
        help="check a checkpoint or a model of your own and keep it for use",
        description="Check weights (.pth, .safetensors) or a model of your own (.toml) and keep "
        "it for use; without FILE, download torchvision's ImageNet weights.",
    )
    add.add_argument("name", metavar="NAME", help="cp360-temporal, a torchvision network, or yours")
    add.add_argument("file", type=Path, nargs="?", metavar="FILE")
    return parser
