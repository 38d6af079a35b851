"""The review sheet: what is read before an order goes, and what became of it."""
