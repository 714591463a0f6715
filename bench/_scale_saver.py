"""Run on a machine of `bench scale`: several processes save the same model at the same moment.

python -m bench._scale_saver PROCESSES SECONDS_SINCE_EPOCH BYTES
"""

import os
import random
import sys
import time


def main() -> int:
    """Save as told; 0 where every process could."""
    import django

    django.setup()
    from models_store import artifacts

    processes, moment, size = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    data = random.Random(11).randbytes(size)
    children = []
    for _ in range(processes):
        child = os.fork()
        if child == 0:
            time.sleep(max(0.0, moment - time.time()))
            artifacts.store(data)
            os._exit(0)
        children.append(child)
    return max(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0 for child in children)


if __name__ == "__main__":
    sys.exit(main())
