"""Accounts and what happened in them. Shared by every dialect; knows no wire format."""
