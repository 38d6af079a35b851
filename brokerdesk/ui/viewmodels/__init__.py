"""State and intents of each view, without a widget. QtCore and QtGui only."""
