"""How a report is written down: a module for each format."""
