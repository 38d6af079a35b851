"""The question which source of an account is counted."""
