"""`python -m d2c` is the command `d2c`."""

from d2c.cli.main import main

main()
