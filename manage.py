#!/usr/bin/env python3
"""The one entry point: `python3 manage.py demo`, `up`, `test`, or any Django command.

Any Python from 3.11 on will do: the packages are set up in `.venv` the first time.
"""

import sys

if __name__ == "__main__":
    try:
        from hitl.runtime import bootstrap

        bootstrap.ensure(sys.argv)
        from hitl.runtime.main import main

        sys.exit(main(sys.argv))
    except KeyboardInterrupt:  # whoever ends it while it is read is told no places in code
        sys.exit(130)
