"""The closing of the books: periods, adjustments, rates. See README.md."""
