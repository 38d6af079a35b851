"""One transaction and the repositories that work in it.

Handed to the function given to ``Database.run``; it must not outlive that call. Knows no services.
"""

from __future__ import annotations

from brokerdesk.db.repositories.accounts import AccountRepository
from brokerdesk.db.repositories.connections import ConnectionRepository
from brokerdesk.db.repositories.meta import MetaRepository
from brokerdesk.db.repositories.orders import OrderRepository
from brokerdesk.db.repositories.prices import PriceRepository
from brokerdesk.db.repositories.quotes import QuoteRepository
from brokerdesk.db.repositories.rates import RateRepository
from brokerdesk.db.repositories.same_accounts import SameAccountRepository
from brokerdesk.db.repositories.series import SeriesRepository
from brokerdesk.db.repositories.snapshots import SnapshotRepository
from brokerdesk.db.repositories.start import StartRepository
from brokerdesk.db.repositories.transactions import TransactionRepository
from brokerdesk.db.scope import Scope


class UnitOfWork:
    """The repositories of one transaction."""

    def __init__(self, scope: Scope) -> None:
        self.accounts = AccountRepository(scope)
        self.connections = ConnectionRepository(scope, self.accounts)
        self.same_accounts = SameAccountRepository(scope)
        self.snapshots = SnapshotRepository(scope)
        self.transactions = TransactionRepository(scope)
        self.orders = OrderRepository(scope)
        self.quotes = QuoteRepository(scope)
        self.prices = PriceRepository(scope)
        self.rates = RateRepository(scope)
        self.series = SeriesRepository(scope)
        self.meta = MetaRepository(scope)
        self.start = StartRepository(scope)
