"""The Connections page."""
