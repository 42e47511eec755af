"""Coins leaving: requested, held, approved by another person, paid or returned."""
