"""Chains, wallets and the signer: the only code that talks to a node (its own issue)."""
