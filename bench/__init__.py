"""What the product costs, each row against its limit or peer in the same run (DESIGN §8). See `bench/rows.py`."""
