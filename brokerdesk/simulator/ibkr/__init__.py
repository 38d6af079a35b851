"""A simulated Trader Workstation: the socket protocol of server version 178 on a port of its own.

Interactive Brokers is not reached over HTTP but through a program on the user's computer, so this
dialect listens on a second port beside the origin that the other brokers share.
"""
