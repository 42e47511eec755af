"""The reports that there are: a module for each kind."""
