"""Run the benchmarks of `bench/` and print their tables: `python3 manage.py bench NAME`."""
