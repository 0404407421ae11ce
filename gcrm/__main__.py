"""`python -m gcrm` is the `gcrm` command."""

from gcrm.cli import main

main()
