"""Messages of version 178 as ``ib_async`` 2.1.0 was seen to accept and to send them.

Recorded between that library and another program than the simulator, fields joined by ``|``.
"""

from __future__ import annotations

U = "1.7976931348623157E308"
SERVER = {
    "hello": "178|20261121 02:28:15 EST",
    "15": "15|1|DU1234567",
    "9": "9|1|1",
    "4": "4|2|-1|2104|Market data farm connection is OK:usfarm|",
    "61": "61|3|DU1234567|265598|AAPL|STK||0.0|||NASDAQ|USD|AAPL|NMS|10|150.25",
    "62": "62|1",
    "53": "53|1",
    "102": "102",
    "6": "6|2|NetLiquidation|101502.50|USD|DU1234567",
    "7": "7|8|265598|AAPL|STK||0|||NASDAQ|USD|AAPL|NMS|10|151.0|1510.0|150.25|7.5|0.0|DU1234567",
    "8": "8|1|02:28",
    "54": "54|1|DU1234567",
    "73": "73|1|1|DU1234567||NetLiquidation|101502.50|USD",
    "74": "74|1|1",
    "55": "55|1|2",
    "10": "10|3|AAPL|STK||0||SMART|USD|AAPL|NMS|NMS|265598|0.01||ACTIVETIM,LMT,MKT,STP,TRAIL,WHATIF"
    "|SMART,NASDAQ|1|0|APPLE INC|NASDAQ||Technology|Computers|Computers|US/Eastern"
    "|20261123:0400-20261123:2000|20261123:0930-20261123:1600||0|1|ISIN|US0378331005|1|||26,26||"
    "COMMON|0.0001|0.0001|100",
    "52": "52|1|3",
    "5": "5|4|265598|AAPL|STK||0|?||SMART|USD|AAPL|NMS|BUY|3|MKT|0.0|0.0|DAY||DU1234567||0|bd-1|7|"
    "900000004|0|0|0|||||||||||0||-1|0||||||0|0|0|0||0|0|0||0|0|||||0|||||||0|0|0|||||0||IB|0|0||0|0|"
    f"Submitted|{U}|{U}|{U}|{U}|{U}|{U}|{U}|{U}|{U}||||||0|0|0|None|{U}||{U}|{U}|{U}|{U}|0||||0|0|0|0"
    "|0|||0|||||",
    "3": "3|4|Submitted|0|3.0|0|900000004|0|0|7||0",
    "11": "11|-1|4|265598|AAPL|STK||0.0|||NASDAQ|USD|AAPL|NMS|0000e0d5.00000004.01.01|"
    "20261121 02:28:15 US/Eastern|DU1234567|NASDAQ|BOT|3|151.0|900000004|7|0|3|151.0|bd-1||||1|0",
    "59": "59|1|0000e0d5.00000004.01.01|1.0|USD|||",
}
"""One message of each kind, by its number."""
CLIENT = (
    "71|2|7|",
    "61|1",
    "5|1",
    "99|0",
    "6|2|1|DU1234567",
    "76|1|1|DU1234567||0",
    "7|3|2|0||||||",
    "9|8|3|0|AAPL|STK||0.0|||SMART||USD|||0|||",
)
"""What the library asks when it connects, and for one contract."""
STRUCTURAL = frozenset({U, "None", "IB", "?", "-1", "US/Eastern"})
"""Texts that stand at fixed places whatever the contract is."""
