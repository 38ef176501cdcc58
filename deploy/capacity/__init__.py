"""How many machines: arithmetic over measured costs and named assumptions."""
