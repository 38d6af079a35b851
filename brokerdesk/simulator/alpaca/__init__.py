"""Alpaca's trading, market data and sign-in protocols over the shared market.

Three of its hosts become three prefixes of the one origin: ``/alpaca/live``, ``/alpaca/paper`` and
``/alpaca/data``; the sign-in page is at ``/alpaca/app``. A client that lets its base addresses be
set needs nothing else.
"""
