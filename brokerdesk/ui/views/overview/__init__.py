"""The Overview: the total, its history, what moved it, the accounts, and what needs the user."""
