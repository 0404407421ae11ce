"""Accounts, contacts, the selection that finds them and the timeline that others write touches to."""
