"""Looking closely: ground truth, areas, two models, the cube's edges; each a tool of one dock."""

from __future__ import annotations
