"""Schwab's dialect of the simulator: its pages, paths, names and errors."""
