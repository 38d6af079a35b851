"""The trading switch of a connection and the halt of all."""
