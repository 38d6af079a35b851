"""SnapTrade as its wire shows it: one key, several brokerages behind it."""
