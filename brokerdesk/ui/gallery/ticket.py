"""Gallery: the parts of the order ticket."""

from __future__ import annotations

from decimal import Decimal

from PySide6.QtWidgets import QWidget

from brokerdesk.domain.draft import DraftLeg
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import AssetType, OrderSide, OrderType
from brokerdesk.ui.gallery.parts import section
from brokerdesk.ui.viewmodels.order_sentence import Told, sentence
from brokerdesk.ui.viewmodels.ticket_state import CostLine, Helper, PriceBox
from brokerdesk.ui.views.ticket.cost_bar import CostBar
from brokerdesk.ui.views.ticket.dress import wide
from brokerdesk.ui.views.ticket.number_field import NumberField
from brokerdesk.ui.views.ticket.parts import OrderSentence, PriceRow
from brokerdesk.ui.views.ticket.price_boxes import PriceBoxes
from brokerdesk.ui.widgets.segments import Segments


def ticket() -> QWidget:
    """Prices, sides, a price with its helpers, the sentence and the costs."""
    prices = PriceBoxes()
    prices.show_prices(PriceBox(bid="268.40", ask="268.44", last="268.42"))
    return section("Order ticket", prices, _sides("buy"), _sides("sell"), _price(), _costs(),
                   *(_sentence(side) for side in (OrderSide.BUY, OrderSide.SELL)))  # fmt: skip


def _sides(choice: str) -> Segments:
    made = Segments((("buy", "Buy"), ("sell", "Sell")), "Buy or sell", choice=choice, look="large")
    for key in made.keys:
        made.piece(key).setProperty("tone", key)
    wide(made)
    return made


def _price() -> PriceRow:
    made = PriceRow("Limit price", NumberField("limit", "Limit price"))
    made.field.show_text("268.50")
    made.chips.show_helpers((
        Helper(key="bid", label="Bid"), Helper(key="mid", label="Mid"),
        Helper(key="ask", label="Ask +6¢", on=True),
    ))  # fmt: skip
    return made


def _costs() -> CostBar:
    made = CostBar()
    made.show_costs((
        CostLine(label="Order value", value="64,440.00"),
        CostLine(label="Buying power after", value="≈ 18,174.56", secret=True),
    ))  # fmt: skip
    return made


def _sentence(side: OrderSide) -> OrderSentence:
    share = Instrument(symbol="AAPL", asset_type=AssetType.EQUITY)
    order = Told(
        legs=(DraftLeg(instrument=share, side=side),), type=OrderType.LIMIT,
        quantity=Decimal(240), limit_price=Decimal("268.50"),
    )  # fmt: skip
    made = OrderSentence()
    made.show_sentence(sentence(order, "Granite …4821 Individual"), sells=side is OrderSide.SELL)
    return made
