"""Repositories: one per kind of fact, each working inside the transaction it is given."""
