"""The simulated Plaid: Hosted Link, Items, accounts, holdings and investment transactions."""
