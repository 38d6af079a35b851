"""The Accounts page: each account with everything that its broker reported."""
