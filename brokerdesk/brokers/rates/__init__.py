"""The European Central Bank's reference rates: data beside the brokers, and none of them.

Nothing here knows an account, a profile or who will convert what.
"""
