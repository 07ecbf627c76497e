"""`mailnode` and `python -m mailnode`."""

import sys

from mailnode.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
