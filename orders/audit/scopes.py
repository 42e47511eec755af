"""Which rows the audit of every minute looks at; `$name` is a mark of the last one."""

#: What came since the last audit. A market's trades are numbered by its engine, so that
#: there it is known to the row.
TRADES = """
    SELECT t.* FROM ($markets) AS mark,
    LATERAL (SELECT * FROM orders_trade WHERE id > mark.trade AND id < mark.stop) t
"""
EVENTS = "SELECT * FROM orders_orderevent WHERE id > $event"
#: The orders of the trades, events and commands that came, and those of their lists.
TOUCHED = """
    SELECT * FROM orders_order WHERE id IN (
        SELECT maker_order_id FROM orders_trade
        UNION SELECT taker_order_id FROM orders_trade
        UNION SELECT order_id FROM orders_orderevent WHERE id > $event
        UNION SELECT id FROM orders_command WHERE id > $command AND kind = 1
        UNION SELECT order_id FROM orders_command WHERE id > $command)
"""
