"""A seeded market: instruments, calendar, prices. Knows nothing of accounts or wires."""
