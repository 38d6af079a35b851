"""The window in which a line is explored; its plot is the only one that is pyqtgraph's."""
