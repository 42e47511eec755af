"""The staff's pages of reports, below /admin/reports/."""
