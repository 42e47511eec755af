"""What a market does with commands: match, settle, log. See README.md."""
