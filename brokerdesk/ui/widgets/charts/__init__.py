"""Charts painted by hand: the value line, sparklines, allocation bars. No charting library."""
