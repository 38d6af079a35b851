"""Lengths inside a table that everything which draws one shares. In the design's pixels."""

from __future__ import annotations

PAD = 6
LEAD = 14
"""Left of words that follow a column of figures, and of weight bars."""
EDGE_TREE, EDGE_FLAT, EDGE_END = 14, 20, 14
CHEVRON = 12
INDENT = 34
GLYPH = 0.74
"""A sign beside a figure, of the figure's size; ``GAP`` before it, ``LIFT`` above its line."""
GAP = 0.28 * GLYPH
LIFT = 0.08
LEAST_NAME = 150
"""A stretching column keeps this much before others are hidden for it."""
LEAST_STRETCH = 110
LEAST = 40
