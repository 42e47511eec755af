"""What everybody agrees on: units, decimals, errors, clock, doorbell. No models, no app."""
