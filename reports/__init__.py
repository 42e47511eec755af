"""What accountants and auditors take away, and how they prove it. See README.md."""
