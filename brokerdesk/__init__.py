"""BrokerDesk: a desktop portfolio app for people who hold accounts at several brokers."""

__version__ = "0.1.0"
