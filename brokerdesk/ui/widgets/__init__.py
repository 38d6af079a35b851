"""Painted parts that every view shares. They know tokens and text, nothing of portfolios."""
