"""A local market and the wire protocols of real brokers on loopback: practice, demo and tests.

Stranger to the rest of the product: it knows no adapter, no database and no window.
"""
