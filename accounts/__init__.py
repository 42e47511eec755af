"""People: identity, sessions, tokens. Nothing in here is a ledger account."""
