"""Wiring: settings, routes, processes. Imports everyone; nobody imports it."""
