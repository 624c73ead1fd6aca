"""`python -m readylb` and the `readylb` command."""

from __future__ import annotations

import sys

from readylb.cli.main import main

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main())
