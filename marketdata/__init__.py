"""Pictures of a market: depth, trades, ticker; and the streams."""
