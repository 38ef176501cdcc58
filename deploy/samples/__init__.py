"""One seeded generator of catalogues, for the sample provinces, the tests and the benchmarks."""
