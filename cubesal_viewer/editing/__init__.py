"""Editing: keys of the path, areas, markers and the A–B range, with undo for all of it."""
