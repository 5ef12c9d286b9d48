"""Documents: one file per clip with its analysis, its overlay, its camera path, and its markers."""

from cubesal.document.analysis_key import AnalysisKey, grid_digest, sampling_in_words
from cubesal.document.beginning import begin_document
from cubesal.document.cache import (
    DEFAULT_LIMIT,
    cache_folder,
    implicit_document,
    remove_document,
    trim_cache,
)
from cubesal.document.clip import ClipRef, clip_ref, find_clip, is_that_clip, ref_from
from cubesal.document.content import DocumentContent, Marker, PathKey
from cubesal.document.document import SUFFIX, Document, create_document
from cubesal.document.errors import DocumentError
from cubesal.document.filling import SparseTrack, analyse_into
from cubesal.document.map_code import decode_map, encode_map
from cubesal.document.reading import MapReader
from cubesal.document.region import Region, regions_turned
from cubesal.document.stored_track import StoredTrack

__all__ = [
    "DEFAULT_LIMIT",
    "SUFFIX",
    "AnalysisKey",
    "ClipRef",
    "Document",
    "DocumentContent",
    "DocumentError",
    "MapReader",
    "Marker",
    "PathKey",
    "Region",
    "SparseTrack",
    "StoredTrack",
    "analyse_into",
    "begin_document",
    "cache_folder",
    "clip_ref",
    "create_document",
    "decode_map",
    "encode_map",
    "find_clip",
    "grid_digest",
    "implicit_document",
    "is_that_clip",
    "ref_from",
    "regions_turned",
    "remove_document",
    "sampling_in_words",
    "trim_cache",
]
