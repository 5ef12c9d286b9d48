"""Saliency in the background: the inference thread and the track that the GUI keeps of it."""

from __future__ import annotations
