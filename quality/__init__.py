"""Tests of speed (benchmarks), of damaged input (fuzz) and of failures of disk, network and processes (chaos)."""
