"""gcrm: a geographic customer relationship manager for field sales."""
