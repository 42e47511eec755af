"""What traders ask of markets: markets, commands, and the records of orders and trades."""
