"""The books: the only code that moves money. See README.md."""
