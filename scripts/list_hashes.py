"""Write data/SHA256SUMS anew: the hash of every file that ships. Run it after any change in data/ or notebooks/."""

from __future__ import annotations

from eaeu_analysis.reference.shipped_tables import write_hashes

if __name__ == "__main__":
    write_hashes()
