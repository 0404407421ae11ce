"""What every domain stands on: settings, the database and its cluster, errors, jobs, audit, events."""
