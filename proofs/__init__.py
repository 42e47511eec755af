"""Proof of liabilities: what the house owes, to be checked by everybody. See README.md."""
