"""Item models: rows in, minimal signals out. QtCore and QtGui only."""
