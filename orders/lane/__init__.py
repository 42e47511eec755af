"""The fast lane of orders: its addresses answer by the same services and selectors."""
