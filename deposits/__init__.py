"""Coins arriving. See README.md."""
